"""Half-open intervals of whole numbers: the only arithmetic that booking needs."""

from collections.abc import Iterable

Span = tuple[int, int]
"""From the first instant inside to the first one after it, in UTC seconds since 1970."""


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, overlapping or touching ones made one.

    A span that ends where it begins, or before, holds no instant and is left out. The unit is the
    caller's: seconds since 1970 for busy times, minutes of the day for hours.
    """
    result: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def overlap(a: Span, b: Span) -> bool:
    """Say whether some instant lies in both spans; spans that only touch share none."""
    return max(a[0], b[0]) < min(a[1], b[1])
