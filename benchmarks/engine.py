"""B1 and B5's first half: the engine alone, with values in memory."""

from collections.abc import Iterator
from functools import partial
from math import log

from benchmarks import references
from benchmarks.diary import VISIT, ZONE, Diary, diary
from benchmarks.references import Answer
from benchmarks.rounds import by_turns
from benchmarks.table import Line, ms, times
from portal.scheduling.bounds import Window, window
from portal.scheduling.openings import Opening, combined, earliest

PORTION, LOOP = 200, 12  # times faster
GROWTH = 1.1  # exponent


def measure() -> Iterator[Line]:
    """B1 against the references, the earliest opening, and B5 for the engine."""
    yield from _against_references(diary(20, 30))
    yield from _earliest(diary(20, 60))
    yield from growth("engine", partial(_engine))


def growth(what: str, make: "partial[partial[object]]") -> Iterator[Line]:
    """B5: how the time grows with people, and with days. `make` makes a work from a diary."""
    for name, sizes in (
        ("people", [(5, 30), (20, 30), (50, 30), (100, 30)]),
        ("days", [(20, 7), (20, 15), (20, 30), (20, 60)]),
    ):
        works = {f"{size}": make(diary(*size)) for size in sizes}
        found = by_turns(5, works)
        counts = [size[0] if name == "people" else size[1] for size in sizes]
        slope = _exponent(counts, [found.median(f"{size}") for size in sizes])
        few, many = (ms(found.median(f"{size}")) for size in (sizes[0], sizes[-1]))
        yield Line(
            "B5",
            f"{what}, {name} {counts[0]} to {counts[-1]}",
            f"{few} to {many}",
            f"exponent {slope:.2f}",
            f"at most {GROWTH}",
            slope <= GROWTH,
        )


def open_all_along(diary: Diary) -> Window:
    """All the days of the diary."""
    return window(
        now=diary.midnight,
        min_notice_minutes=0,
        horizon_days=diary.days + 1,
        zone=ZONE,
        first_day=diary.first,
        days=diary.days,
        expires=None,
    )


def _engine(diary: Diary) -> "partial[list[Opening]]":
    return partial(combined, diary.calendars(), VISIT, open_all_along(diary), None, 1)


def _against_references(clinic: Diary) -> Iterator[Line]:
    engine = _engine(clinic)
    ours: Answer = [(opening.start, opening.member_id) for opening in engine()]
    others = {
        "portion": references.with_portion,
        "portion day by day": references.with_portion_day_by_day,
        "portion at its best": references.with_portion_at_its_best,
        "day loop": references.day_loop,
        "day loop at its best": references.day_loop_at_its_best,
    }
    for name, reference in others.items():
        assert reference(clinic) == ours, f"{name} finds other openings"
    works = {"engine": engine, **{name: partial(way, clinic) for name, way in others.items()}}
    found = by_turns(5, works)
    targets = {"portion": PORTION, "day loop": LOOP}
    for name in others:
        ratio, target = found.ratio(name, "engine"), targets.get(name)
        yield Line(
            "B1",
            f"engine, P=20 D=30, against {name}",
            f"{ms(found.median('engine'))} against {ms(found.median(name))}",
            times(ratio),
            f"at least {target} ×" if target else "",
            ratio >= target if target else None,
        )


def _earliest(clinic: Diary) -> Iterator[Line]:
    """The first opening where the first day has one, beside all of two months."""
    calendars, asked = clinic.calendars(), open_all_along(clinic)
    assert (
        earliest(calendars, VISIT, asked, None, 1) == combined(calendars, VISIT, asked, None, 1)[0]
    )
    found = by_turns(
        5,
        {
            "first": partial(earliest, calendars, VISIT, asked, None, 1),
            "all": partial(combined, calendars, VISIT, asked, None, 1),
        },
    )
    yield Line(
        "",
        "earliest opening of anybody, P=20 D=60, against all of them",
        f"{ms(found.median('first'))} against {ms(found.median('all'))}",
        times(found.ratio("all", "first")),
    )


def _exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of the line through the logarithms, by least squares."""
    xs, ys = [log(size) for size in sizes], [log(second) for second in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    squares = sum((one - x) ** 2 for one in xs)
    return sum((one - x) * (other - y) for one, other in zip(xs, ys, strict=True)) / squares
