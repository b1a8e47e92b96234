"""What staff type about a client."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.actions.clients import About
from portal.models import Client
from portal.web.forms.contact import ABOUT_A_NUMBER, LEAST_DIGITS, PHONE
from portal.web.forms.fields import (
    Address,
    Choice,
    Language,
    Line,
    Lines,
    Several,
    Typed,
    Version,
    Zone,
)
from portal.web.forms.form import Form
from portal.web.practice.addresses import row_id


class Phone(Typed):
    """A telephone number as people write it."""

    def read(self, text: str) -> str:
        digits = sum(character.isdecimal() for character in text)
        if digits < LEAST_DIGITS or not all(c.isdecimal() or c in ABOUT_A_NUMBER for c in text):
            raise ValueError(_("Please enter a phone number, or leave it out."))
        if len(text) > PHONE:
            raise ValueError(_("Please use at most %(number)d characters.", number=PHONE))
        return text


class ClientForm(Form):
    """A client's details; only the name is needed."""

    name = Line(label=lazy_gettext("Name"))
    email = Address(label=lazy_gettext("Email"), needed=False)
    phone = Phone(label=lazy_gettext("Phone"), needed=False)
    timezone = Zone(label=lazy_gettext("Time zone"), needed=False)
    language = Language(label=lazy_gettext("Language of mails"), needed=False)
    notes = Lines(label=lazy_gettext("Notes"))
    version = Version(needed=False)

    @classmethod
    def of(cls, client: Client, **kwargs: Any) -> "ClientForm":
        """Return the form with what is stored."""
        return cls(obj=client, **kwargs)

    def about(self) -> About:
        """Return what was typed, of a form that is valid."""
        return About(
            name=self.name.value,
            email=self.email.value,
            phone=self.phone.value,
            timezone=self.timezone.value,
            notes=self.notes.value,
            language=self.language.value,
        )

    def differing(self, client: Client, *, reads_notes: bool) -> list[tuple[str, str]]:
        """Return what is stored by now and isn't what was typed: pairs of label and words.

        Notes are among it only for whoever `reads_notes`.
        """
        stored = ClientForm(obj=client, formdata=None)
        names = (
            "name",
            "email",
            "phone",
            "timezone",
            "language",
            *(["notes"] if reads_notes else []),
        )
        return [
            (str(self[name].label.text), stored[name].data or "–")
            for name in names
            if (self[name].data or "") != (stored[name].data or "")
        ]


class KeepSessionsForm(Form):
    """Which sessions of a client who is deactivated take place all the same."""

    keep = Several(of=row_id)


class MergeForm(Form):
    """Which of two clients is kept."""

    keep = Choice(of=row_id)
