"""When clients are reminded of a session, as it's chosen: some of a few usual times before it."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from wtforms import ValidationError

from portal.scheduling.reminders import MOST
from portal.web.forms.fields import Several

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60  # minutes
USUAL = (WEEK, 3 * DAY, 2 * DAY, DAY, 3 * HOUR, HOUR)


class Reminders(Several):
    """Up to three times before a session, in minutes, the longest first. None of them: none.

    Besides the usual ones those are offered that are stored, from a clinic file say.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=lazy_gettext("Reminders"), of=int, **kwargs)
        self.offered: tuple[int, ...] = USUAL

    def process_data(self, value: Iterable[Any] | None) -> None:
        """Offer, and tick, what is stored."""
        stored = [int(minutes) for minutes in value or ()]
        self.offered = tuple(sorted({*USUAL, *stored}, reverse=True))
        self.data = [str(minutes) for minutes in sorted(stored, reverse=True)]

    def pre_validate(self, form: Any) -> None:
        """Find the values. Raises ValidationError for too many, or for one that isn't offered."""
        super().pre_validate(form)
        if not set(self.values) <= set(self.offered):
            raise ValidationError(_("Please choose from these."))
        if len(self.values) > MOST:
            raise ValidationError(_("Please choose at most %(number)d.", number=MOST))
        self.values.sort(reverse=True)

    def ticks(self) -> list[tuple[str, str, str]]:
        """Value, words and no hint of each, for a list of ticks."""
        return [(str(minutes), before_words(minutes), "") for minutes in self.offered]


def before_words(minutes: int) -> str:
    """Return a time before a session as people say it."""
    if minutes % WEEK == 0:
        return ngettext("%(num)d week before", "%(num)d weeks before", minutes // WEEK)
    if minutes % DAY == 0:
        return ngettext("%(num)d day before", "%(num)d days before", minutes // DAY)
    if minutes % HOUR == 0:
        return ngettext("%(num)d hour before", "%(num)d hours before", minutes // HOUR)
    return ngettext("%(num)d minute before", "%(num)d minutes before", minutes)


def reminders_words(reminders: Iterable[Any]) -> str:
    """Return all of them, or that there are none."""
    return ", ".join(before_words(int(minutes)) for minutes in reminders) or _("no reminders")
