"""The practice's settings as they're typed."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, ValidationError

from portal.actions.practice import PracticeSettings
from portal.colours import OWN_ACCENT
from portal.models import Confirm, Practice
from portal.scheduling.eligibility import Plan
from portal.web.forms.fields import Choice, Language, Line, Lines, Link, Typed, Whole, Zone
from portal.web.forms.form import Form
from portal.web.forms.picklists import currencies
from portal.web.forms.reminders import Reminders, reminders_words

# The limits of a clinic file.
MOST_NOTICE, MOST_HORIZON, MOST_STEP, MOST_HOURS = 1_000_000, 36_500, 1440, 100_000
MOST_LEFT = 100_000

UNITS = {"minutes": 1, "hours": 60, "days": 1440}
"""Minutes of each unit in which a notice is typed."""


class Currency(Typed):
    """A currency by its three letters: one of those that are offered."""

    def clean(self, text: str) -> str:
        return super().clean(text).upper()

    def read(self, text: str) -> str:
        # What is stored may come from a clinic file, which may name any currency.
        if text not in dict(currencies(self.object_data)):
            raise ValueError(_("Please choose a currency."))
        return text


class Colour(Typed):
    """A colour as browsers write it: # and six hexadecimal digits."""

    def clean(self, text: str) -> str:
        return super().clean(text).lower()

    def read(self, text: str) -> str:
        if not re.fullmatch("#[0-9a-f]{6}", text):
            raise ValueError(_("Please choose a colour, such as #7a4bb5."))
        return text


class SettingsForm(Form):
    """Everything on the settings page but the logo, which is stored by itself."""

    version = Whole(least=0, most=10**9)
    confirmed_zone = HiddenField()
    name = Line(label=lazy_gettext("Name"))
    timezone = Zone(label=lazy_gettext("Time zone"))
    plan = Choice(label=lazy_gettext("Plan"), of=Plan)
    currency = Currency(label=lazy_gettext("Currency"))
    confirm = Choice(label=lazy_gettext("Confirmation"), of=Confirm)
    notice = Whole(label=lazy_gettext("Minimum notice"), least=0, most=MOST_NOTICE)
    notice_unit = Choice(label=lazy_gettext("Unit"), of=UNITS.__getitem__)
    horizon_days = Whole(label=lazy_gettext("Booking horizon"), least=1, most=MOST_HORIZON)
    slot_step_minutes = Whole(label=lazy_gettext("Step"), least=1, most=MOST_STEP)
    late_cancel_hours = Whole(label=lazy_gettext("Late cancellation"), least=0, most=MOST_HOURS)
    late_cancel_returns_credit = BooleanField(
        label=lazy_gettext("A late cancellation gives the credit back")
    )
    late_cancel_forbidden = BooleanField(
        label=lazy_gettext("Clients can’t cancel late by themselves")
    )
    cancellation_policy = Lines(label=lazy_gettext("Cancellation policy"))
    reminders = Reminders()
    place = Lines(label=lazy_gettext("Place"))
    video_link = Link(label=lazy_gettext("Video link"), needed=False)
    language = Language(label=lazy_gettext("Language"))
    running_out_at = Whole(
        label=lazy_gettext("Sessions running out"), least=0, most=MOST_LEFT, needed=False
    )
    own_accent = BooleanField(label=lazy_gettext("Use the portal’s own colour"))
    accent = Colour(label=lazy_gettext("Accent colour"))

    def __init__(self, stored: Practice, **kwargs: Any) -> None:
        super().__init__(data=_values_of(stored), **kwargs)

    def validate_notice(self, field: Any) -> None:
        """It isn't longer than can be stored."""
        minutes = (field.value or 0) * UNITS.get(self.notice_unit.data or "", 1)
        if minutes > MOST_NOTICE:
            raise ValidationError(_("Please enter a shorter time."))

    def settings(self) -> PracticeSettings:
        """Return what was typed, of a form that is valid."""
        return PracticeSettings(
            name=self.name.value,
            timezone=self.timezone.value,
            plan=self.plan.value,
            currency=self.currency.value,
            confirm=self.confirm.value,
            min_notice_minutes=self.notice.value * self.notice_unit.value,
            horizon_days=self.horizon_days.value,
            slot_step_minutes=self.slot_step_minutes.value,
            late_cancel_hours=self.late_cancel_hours.value,
            late_cancel_returns_credit=self.late_cancel_returns_credit.data,
            late_cancel_forbidden=self.late_cancel_forbidden.data,
            cancellation_policy=self.cancellation_policy.value,
            place=self.place.value or None,
            video_link=self.video_link.value,
            language=self.language.value,
            running_out_at=self.running_out_at.value,
            accent=None if self.own_accent.data else self.accent.value,
            reminders=self.reminders.values,
        )

    def others(self, stored: Practice) -> list[tuple[str, str]]:
        """Return what is stored by now and isn't what was typed: pairs of label and words."""
        found = []
        for name, value in _values_of(stored).items():
            field = self[name]
            was, typed = _plain(value), _plain(field.data)
            if name != "version" and was != typed:
                words = {"True": _("on"), "False": _("off"), "": _("nothing")}.get(was, was)
                found.append((str(field.label.text), words))
        return found


class LogoForm(Form):
    """A picture to upload; what it is decides its content."""

    version = Whole(least=0, most=10**9)
    picture = FileField(label=lazy_gettext("Logo"))

    def validate_picture(self, field: Any) -> None:
        """There is a file."""
        if not field.data:
            raise ValidationError(_("Please choose a file."))


def _values_of(stored: Practice) -> dict[str, Any]:
    number, unit = in_units(stored.min_notice_minutes)
    plain = (
        "version name timezone plan currency confirm horizon_days slot_step_minutes "
        "late_cancel_hours late_cancel_returns_credit late_cancel_forbidden cancellation_policy "
        "place video_link language reminders running_out_at"
    )
    return {
        **{name: getattr(stored, name) for name in plain.split()},
        "notice": number,
        "notice_unit": unit,
        "own_accent": stored.accent is None,
        "accent": stored.accent or OWN_ACCENT,
    }


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return reminders_words(value)
    return "" if value is None else str(value)


def in_units(minutes: int) -> tuple[int, str]:
    """Return a time as people say it: 1440 minutes are 24 hours, and 4320 are 3 days."""
    if minutes and minutes % 1440 == 0 and minutes > 1440:
        return minutes // 1440, "days"
    if minutes % 60 == 0:
        return minutes // 60, "hours"
    return minutes, "minutes"
