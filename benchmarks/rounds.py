"""Timing by turns: the machine's speed drifts, so what is compared is run side by side.

What only computes is timed by the processor time of this process, which other programs of the
machine take nothing of; what waits for another process, by the clock on the wall.
"""

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

LEAST = 0.02  # seconds: what takes less is repeated within its turn


@dataclass(frozen=True)
class Times:
    """Seconds that each work took, one number a round."""

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        """The seconds that the work mostly took."""
        return median(self.seconds[name])

    def ratio(self, slow: str, fast: str) -> float:
        """How many times longer `slow` took: the median over the rounds of each round's ratio."""
        pairs = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return median(one / other for one, other in pairs)


def by_turns(
    rounds: int, works: Mapping[str, Callable[[], object]], *, waits: bool = False
) -> Times:
    """Let each of the works take its turn in each of the rounds; `waits`: for another process."""
    clock = perf_counter if waits else process_time
    repeats = {name: _repeats(work) for name, work in works.items()}
    # What was made to be measured would be gone through by every full collection.
    gc.collect()
    gc.freeze()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = clock()
            for _ in range(repeats[name]):
                work()
            seconds[name].append((clock() - started) / repeats[name])
    return Times(seconds)


def _repeats(work: Callable[[], object]) -> int:
    """How often to repeat a work within a turn; also warms it up."""
    work()
    started = perf_counter()
    work()
    return max(1, int(LEAST / max(perf_counter() - started, 1e-9)))
