"""How tests compare what two answers take, on a machine that has other things to do too."""

import time
from collections.abc import Callable


def least_seconds(*acts: Callable[[], object], rounds: int = 7) -> list[float]:
    """The shortest time of each act. They take turns, so that what disturbs one disturbs all."""
    taken: list[list[float]] = [[] for _act in acts]
    for _round in range(rounds):
        for times, act in zip(taken, acts, strict=True):
            start = time.perf_counter()
            act()
            times.append(time.perf_counter() - start)
    return [min(times) for times in taken]
