"""Which stored row an entry of a file is: those with equal keys pair up in their order."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

E = TypeVar("E")
R = TypeVar("R")


def matched(
    entries: Sequence[E],
    rows: Sequence[R],
    *keys: tuple[Callable[[E], Hashable], Callable[[R], Hashable]],
) -> list[R | None]:
    """Return the row of each entry, None where it has none yet.

    Each of `keys` is a pair of functions, of an entry and of a row. The nth entry with a key is
    the nth row with it. What the first pair leaves over is matched by the next one.
    """
    found: dict[int, R] = {}
    left = list(rows)
    for of_entry, of_row in keys:
        waiting: defaultdict[Hashable, deque[R]] = defaultdict(deque)
        for row in left:
            waiting[of_row(row)].append(row)
        for at, entry in enumerate(entries):
            if at not in found and (queue := waiting.get(of_entry(entry))):
                found[at] = queue.popleft()
        taken = set(map(id, found.values()))
        left = [row for row in left if id(row) not in taken]
    return [found.get(at) for at in range(len(entries))]
