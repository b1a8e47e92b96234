"""Hours as they're typed: days with stretches, each with its times and its limits.

A day has a key, such as `mon`, and its stretches are `mon-0`, `mon-1`, and so on: the names of the
fields of a stretch begin with that. The form can be changed without being stored: a stretch more or
less, a day copied to others.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict

from portal.models import Delivery
from portal.scheduling.availability import overlapping
from portal.scheduling.hours import MINUTES_OF_A_DAY, HoursRow

DAY_NAMES = {
    "mon": lazy_gettext("Monday"),
    "tue": lazy_gettext("Tuesday"),
    "wed": lazy_gettext("Wednesday"),
    "thu": lazy_gettext("Thursday"),
    "fri": lazy_gettext("Friday"),
    "sat": lazy_gettext("Saturday"),
    "sun": lazy_gettext("Sunday"),
}
DAYS = tuple(DAY_NAMES)
METHODS = tuple(method.value for method in Delivery)
MOST = 48  # stretches a day: more than anybody types, and a limit for a made-up form
STEP = 300  # seconds between the times that a browser offers
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?|24:00", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch as it was typed; `errors` by the last part of the field's name.

    `limited`: only the services that are ticked. All methods ticked is no limit.
    """

    start: str = ""
    end: str = ""
    limited: bool = False
    services: tuple[str, ...] = ()
    methods: tuple[str, ...] = METHODS
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_limits(self) -> bool:
        """Say whether it isn't for everything."""
        return self.limited or set(self.methods) != set(METHODS)

    @property
    def step(self) -> int:
        """Seconds: five minutes, unless a time that came from elsewhere is in between."""
        typed = (self.start, self.end)
        return STEP if all(not text or text[4:5] in "05" for text in typed) else 60


@dataclass(slots=True)
class Day:
    """The stretches of one day, or of one date."""

    key: str
    stretches: list[Stretch]


class HoursForm:
    """Days with hours. `rows` has what they mean after validate() found nothing wrong."""

    def __init__(self, days: Iterable[Day]) -> None:
        self.days = list(days)
        self.rows: dict[str, tuple[HoursRow, ...]] = {}
        self.focus = ""

    @classmethod
    def stored(cls, hours: Mapping[str, Sequence[HoursRow]]) -> "HoursForm":
        """The form with hours that are stored."""
        return cls(Day(key, [_written(row) for row in rows]) for key, rows in hours.items())

    @classmethod
    def typed(cls, keys: Iterable[str], form: MultiDict[str, str]) -> "HoursForm":
        """The form as it was sent."""
        return cls(Day(key, _read_day(key, form)) for key in keys)

    def change(self, form: MultiDict[str, str]) -> None:
        """Do what the pressed button says: add or remove a stretch, or copy a day. Nothing else.

        `focus` is the field, or the button, to go on with.
        """
        days = {day.key: day for day in self.days}
        if (key := form.get("add", "")) in days:
            if len(days[key].stretches) < MOST:
                days[key].stretches.append(Stretch())
            self.focus = f"{key}-{len(days[key].stretches) - 1}-from"
        elif "remove" in form:
            key, _dash, place = form["remove"].rpartition("-")
            if key in days and place.isdecimal() and int(place) < len(days[key].stretches):
                del days[key].stretches[int(place)]
                self.focus = f"{key}-add"
        elif (key := form.get("copy", "")) in days:
            for other in form.getlist(f"{key}-copy"):
                if other in days:
                    days[other].stretches = list(days[key].stretches)
            self.focus = f"{key}-copies"

    def validate(
        self, services: Iterable[int], stored: Mapping[str, Sequence[HoursRow]] | None = None
    ) -> bool:
        """Find what is meant, and say beside each stretch what can't be.

        `services` are the ids that a stretch may name. What is `stored` already isn't judged: a
        clinic file may have hours that nobody would type.
        """
        allowed = {str(id_): id_ for id_ in services}
        for day in self.days:
            kept = (stored or {}).get(day.key, ())
            read = [_read(stretch, allowed, kept) for stretch in day.stretches]
            rows = [row for row, _errors in read if row is not None]
            if len(rows) == len(read) and Counter(rows) != Counter(kept):
                for at in overlapping(rows):
                    words = _("This overlaps another stretch of the day. Make the two one.")
                    read[at][1].setdefault("from", words)
            self.rows[day.key] = tuple(rows)
            day.stretches = [
                replace(stretch, errors=errors)
                for stretch, (_row, errors) in zip(day.stretches, read, strict=True)
            ]
        return not any(stretch.errors for day in self.days for stretch in day.stretches)


def wall_time(minute: int) -> str:
    """A minute of the day as people write it, such as 09:00; the end of a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def read_time(text: str) -> int | None:
    """The minute of the day that a time such as 09:00 is; None for what is no time."""
    if not _TIME.fullmatch(text):
        return None
    return int(text[:2]) * 60 + int(text[3:5])


def _read_day(key: str, form: MultiDict[str, str]) -> list[Stretch]:
    places = sorted(
        int(found[1]) for name in form if (found := re.fullmatch(rf"{key}-(\d{{1,3}})-from", name))
    )
    return [
        Stretch(
            start=form.get(f"{key}-{at}-from", "").strip(),
            end=form.get(f"{key}-{at}-to", "").strip(),
            limited=form.get(f"{key}-{at}-for") == "some",
            services=tuple(dict.fromkeys(form.getlist(f"{key}-{at}-services"))),
            methods=tuple(dict.fromkeys(form.getlist(f"{key}-{at}-methods"))),
        )
        for at in places[:MOST]
    ]


def _written(row: HoursRow) -> Stretch:
    return Stretch(
        start=wall_time(row.start),
        # An input for times knows no 24:00: its 00:00 is the day's end.
        end=wall_time(row.end % MINUTES_OF_A_DAY),
        limited=row.services is not None,
        services=tuple(str(id_) for id_ in sorted(row.services or ())),
        methods=METHODS if row.delivery is None else tuple(m for m in METHODS if m in row.delivery),
    )


def _read(
    stretch: Stretch, allowed: Mapping[str, int], kept: Sequence[HoursRow]
) -> tuple[HoursRow | None, dict[str, str]]:
    """Return what the stretch means, None without times, and sentences about what can't be."""
    start, end, errors = _read_times(stretch)
    if errors:
        return None, errors
    services = frozenset(allowed[one] for one in stretch.services if one in allowed)
    methods = frozenset(stretch.methods)
    row = HoursRow(
        start=start,
        end=end,
        services=services if stretch.limited else None,
        delivery=None if methods >= set(METHODS) else methods,
    )
    if row not in kept:
        if stretch.limited and not services:
            errors["services"] = _("Please choose a service, or all services.")
        elif stretch.limited and len(services) < len(stretch.services):
            errors["services"] = _("Please choose from these.")
        if not methods or not methods <= set(METHODS):
            errors["methods"] = _("Please choose at least one.")
    return row, errors


def _read_times(stretch: Stretch) -> tuple[int, int, dict[str, str]]:
    """Return from which minute to which, and what is wrong with them by the field's name."""
    errors: dict[str, str] = {}
    start, end = read_time(stretch.start), read_time(stretch.end)
    if start is None or start == MINUTES_OF_A_DAY:
        errors["from"] = _("Please enter a time such as 09:00.")
    if end is None:
        errors["to"] = _("Please enter a time such as 17:00.")
    first, last = start or 0, end or MINUTES_OF_A_DAY
    if not errors and first >= last:
        errors["to"] = _(
            "This has to be later than the beginning. Hours past midnight end at 00:00 and go on "
            "at 00:00 of the next day."
        )
    return first, last, errors
