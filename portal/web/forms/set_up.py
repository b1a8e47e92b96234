"""The first run: everything that a clinic begins with, on one page."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import StringField, ValidationError

from portal.actions.accounts import LEAST_CHARACTERS, MOST_CHARACTERS
from portal.actions.set_up import NewClinic, NewHours, NewOwner, NewPractice, NewService
from portal.languages import own_language
from portal.models import Delivery
from portal.scheduling.eligibility import Kind, Plan
from portal.web.forms.availability import DAYS, read_time, wall_time
from portal.web.forms.fields import Address, Choice, Line, Lines, Several, Typed, Whole, Zone
from portal.web.forms.mail import MailForm
from portal.web.forms.settings import Currency
from portal.web.templating import the_visitors_language

DAY = 1440  # minutes
SESSION, NINE, FIVE = 60, 9 * 60, 17 * 60  # minutes


class TimeOfDay(Typed):
    """A time on the clock; `value` is the minute of the day."""

    def read(self, text: str) -> int:
        minute = read_time(text)
        if minute is None:
            raise ValueError(_("Please enter a time such as 09:00."))
        return minute

    def write(self, value: Any) -> str:
        return wall_time(value)


class SetUpForm(MailForm):
    """The practice, its owner, the first service, hours, and optionally the mail server.

    With `testing` only what a test mail needs is looked at: server and owner's address.
    """

    practice_name = Line(label=lazy_gettext("Name of the practice"))
    zone = Zone(label=lazy_gettext("Time zone"))
    currency = Currency(label=lazy_gettext("Currency"))
    plan = Choice(label=lazy_gettext("Plan"), of=Plan)
    place = Lines(label=lazy_gettext("Place"))
    owner_name = Line(label=lazy_gettext("Your name"))
    email = Address(label=lazy_gettext("Your email address"))
    kind = Choice(label=lazy_gettext("What you do"), of=Kind)
    password = StringField(label=lazy_gettext("Password"))
    again = StringField(label=lazy_gettext("Password again"))
    service_name = Line(label=lazy_gettext("Name of the service"))
    minutes = Whole(label=lazy_gettext("Minutes"), least=1, most=DAY)
    delivery = Several(
        label=lazy_gettext("Delivery methods"),
        of=Delivery,
        needed=lazy_gettext("Please choose at least one."),
    )
    weekdays = Several(label=lazy_gettext("Days"), of=DAYS.index)
    start = TimeOfDay(label=lazy_gettext("From"))
    end = TimeOfDay(label=lazy_gettext("To"))

    def __init__(self, *, testing: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not self.is_submitted():
            self._suggest()
        self.testing = testing
        # Mail may come later: then nothing of it is asked.
        for field in (self.server, self.port, self.sender):
            field.needed = testing or bool(self.server.data)
        for field in (self.start, self.end):
            field.needed = self._has_hours()

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Say whether everything that counts is right."""
        right = bool(super().validate(*args, **kwargs))
        if not self.testing:
            return right
        for field in self:
            if field not in (*self.mail_fields(), self.email):
                field.errors = []
        return not self.errors

    def mail_faults(self) -> list[str]:
        """Return what's wrong with what a test mail needs, the owner's address included."""
        about_email = [f"{self.email.label.text}: {' '.join(self.email.errors)}"]
        return [*super().mail_faults(), *(about_email if self.email.errors else [])]

    def validate_password(self, field: Any) -> None:
        """It's long enough, and not longer than anybody types."""
        if not LEAST_CHARACTERS <= len(field.data or "") <= MOST_CHARACTERS:
            raise ValidationError(
                _("A password has at least %(number)d characters.", number=LEAST_CHARACTERS)
            )

    def validate_again(self, field: Any) -> None:
        """It's the same."""
        if (field.data or "") != (self.password.data or ""):
            raise ValidationError(_("This isn’t the same password."))

    def validate_end(self, field: Any) -> None:
        """It comes after the beginning; a clock shows the end of a day as 00:00."""
        if self._has_hours() and (field.value or DAY) <= (self.start.value or 0):
            raise ValidationError(_("This has to be later than the beginning."))

    def clinic(self) -> NewClinic:
        """Return what was typed, of a form that is valid."""
        hours = None
        if self._has_hours():
            weekdays = tuple(sorted(self.weekdays.values))
            hours = NewHours(weekdays, self.start.value, self.end.value or DAY)
        return NewClinic(
            practice=NewPractice(
                name=self.practice_name.value,
                timezone=self.zone.value,
                currency=self.currency.value,
                plan=self.plan.value,
                place=self.place.value or None,
                language=the_visitors_language() or own_language(),
            ),
            owner=NewOwner(
                name=self.owner_name.value,
                email=self.email.value,
                password=self.password.data,
                kind=self.kind.value,
            ),
            service=NewService(
                self.service_name.value, self.minutes.value, tuple(self.delivery.values)
            ),
            hours=hours,
            mail=self.mail_server() if self.server.data else None,
        )

    def _has_hours(self) -> bool:
        return bool(self.weekdays.data) and self.kind.data == Kind.PRACTITIONER

    def _suggest(self) -> None:
        """Fill in what is usual."""
        self.zone.data, self.currency.data, self.plan.data = "America/New_York", "USD", Plan.TEAM
        self.kind.data, self.minutes.data = Kind.PRACTITIONER, str(SESSION)
        self.delivery.data = [Delivery.IN_PERSON]
        self.weekdays.data = list(DAYS[:5])
        self.start.data, self.end.data = wall_time(NINE), wall_time(FIVE)
