"""Time off, and what is set for a member's availability as a whole."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from portal.scheduling.hours import FIRST_YEAR, LAST_YEAR, MINUTES_OF_A_DAY, instant, zone_names
from portal.web.forms.availability import read_time
from portal.web.forms.fields import Choice, Typed, Whole
from portal.web.forms.form import Form

LARGEST_CAP = 100_000


class DayField(Typed):
    """A date, as inputs of type date send it."""

    def read(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("Please enter a date such as 2027-03-15.")) from None
        # A whole year off the limits of a clinic file, which are in UTC.
        if not FIRST_YEAR < day.year < LAST_YEAR:
            raise ValueError(_("This date is too far off."))
        return day


class TimeField(Typed):
    """A time of day, in minutes."""

    def read(self, text: str) -> int:
        minute = read_time(text)
        if minute is None:
            raise ValueError(_("Please enter a time such as 09:00."))
        return minute


class TimeOffForm(Form):
    """From when until when. Without a time a day counts as a whole, without a last day it's one."""

    from_day = DayField()
    from_time = TimeField(needed=False)
    to_day = DayField(needed=False)
    to_time = TimeField(needed=False)

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The instants, after validate(): a clock that changes takes nothing from the time off."""
        last = self.to_day.value or self.from_day.value
        until = MINUTES_OF_A_DAY if self.to_time.value is None else self.to_time.value
        start = instant(zone, self.from_day.value, self.from_time.value or 0, ending=False)
        end = instant(zone, last, until, ending=True)
        return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)


class AvailabilitySettingsForm(Form):
    """The member's zone, empty for the practice's, and the most sessions that a day may have."""

    timezone = Choice(of=lambda name: _zone(name))
    daily_cap = Whole(least=1, most=LARGEST_CAP, needed=False)


def zone_choices() -> list[tuple[str, str]]:
    """The zones to choose from, by name."""
    return [(name, name.replace("_", " ")) for name in sorted(zone_names())]


def _zone(name: str) -> Any:
    if name and name not in zone_names():
        raise ValueError(name)
    return name or None
