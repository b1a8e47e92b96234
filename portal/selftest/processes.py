"""Several processes that do something at the same moment."""

import multiprocessing
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.synchronize import Barrier
from queue import Empty, Queue
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 90
"""How long the processes wait for each other, and are waited for."""


class Failed(Exception):
    """What went wrong in a process, in its own words; or it never answered."""


def run_at_once(
    works: Sequence[Callable[[Barrier], T]], preload: Sequence[str]
) -> list[T | Failed]:
    """Do each of the works in a process of its own; return what came of each, in their order.

    A work gets ready, waits at the barrier for the others, and returns its outcome. It's a function
    of a module, with arguments that can be sent; `preload` names modules that all of them need.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__, *preload])
    barrier = context.Barrier(len(works))
    answers: Queue[tuple[int, T | Failed]] = context.Queue()  # type: ignore[assignment]
    processes = [
        context.Process(target=partial(_work, number, work, barrier, answers), daemon=True)
        for number, work in enumerate(works)
    ]
    for process in processes:
        process.start()
    outcomes: dict[int, T | Failed] = {}
    try:
        while len(outcomes) < len(processes):
            number, outcome = answers.get(timeout=PATIENCE_SECONDS)
            outcomes[number] = outcome
    except Empty:
        for process in processes:
            process.kill()
    for process in processes:
        process.join(PATIENCE_SECONDS)
        process.close()
    return [outcomes.get(number, Failed("it never answered")) for number in range(len(works))]


def _work(
    number: int,
    work: Callable[[Barrier], T],
    barrier: Barrier,
    answers: "Queue[tuple[int, T | Failed]]",
) -> None:
    outcome: T | Failed
    try:
        outcome = work(barrier)
    except Exception as error:  # whatever it is, it's the outcome
        outcome = Failed(f"{type(error).__name__}: {error}")
        barrier.abort()
    answers.put((number, outcome))
