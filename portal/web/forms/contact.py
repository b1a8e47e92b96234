"""What a client types to book: who they are, and what the practitioner should know."""

from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, Field, StringField, ValidationError

from portal.actions.booking import Contact
from portal.mail.outbox import public_address
from portal.web.forms import at_most, one_line, some_lines
from portal.web.forms.form import Form

NAME, PHONE, NOTE = 200, 40, 2000  # characters at most
LEAST_DIGITS = 5  # of a telephone number; some places have no more
ABOUT_A_NUMBER = "+()-./ "

UNUSED = ""
"""A label: the page has its own. Without one WTForms would read a file of translations to make one
of the field's name, with each form that is sent."""


class ContactForm(Form):
    """A newcomer's details. `terms` has to be accepted where there are some."""

    name = StringField(UNUSED, filters=[one_line])
    email = StringField(UNUSED, filters=[one_line])
    phone = StringField(UNUSED, filters=[one_line])
    note = StringField(UNUSED, filters=[some_lines])
    terms = BooleanField(UNUSED)

    def __init__(self, *args: Any, has_terms: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_terms:
            del self.terms

    def validate_name(self, field: Field) -> None:
        """There is one, of a length that a column holds."""
        # A name of invisible characters would be nobody's.
        if not any(character.isalnum() for character in field.data or ""):
            raise ValidationError(_("Please enter your name."))
        at_most(field, NAME)

    def validate_email(self, field: Field) -> None:
        """It is one address that mail could be sent to; nobody is asked whether it exists."""
        if not field.data:
            raise ValidationError(_("Please enter your email address."))
        try:
            # In lower case, its domain as mail servers write it.
            self._address = public_address(field.data).lower()
        except ValueError:
            raise ValidationError(
                _("This isn’t an email address. It should look like lee@example.com.")
            ) from None

    def validate_phone(self, field: Field) -> None:
        """It is left out, or looks like a number."""
        at_most(field, PHONE)
        digits = sum(character.isdecimal() for character in field.data)
        if field.data and (
            digits < LEAST_DIGITS
            or not all(c.isdecimal() or c in ABOUT_A_NUMBER for c in field.data)
        ):
            raise ValidationError(_("Please enter a phone number, or leave it out."))

    def validate_note(self, field: Field) -> None:
        """It isn't longer than anybody would read."""
        at_most(field, NOTE)

    def validate_terms(self, field: Field) -> None:
        """They're accepted."""
        _accepted(field)

    def contact(self) -> Contact:
        """Return what was typed, of a form that is valid."""
        return Contact(
            name=self.name.data,
            email=self._address,
            phone=self.phone.data or None,
            note=self.note.data,
        )


class NoteForm(Form):
    """All that is asked of a client who books from their own package: we know who they are.

    `terms` are the service's, where it has some, and the package's with its first booking.
    """

    note = StringField(UNUSED, filters=[some_lines])
    terms = BooleanField(UNUSED)

    def __init__(self, *args: Any, has_terms: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_terms:
            del self.terms

    def validate_note(self, field: Field) -> None:
        """It isn't longer than anybody would read."""
        at_most(field, NOTE)

    def validate_terms(self, field: Field) -> None:
        """They're accepted."""
        _accepted(field)

    def contact(self) -> Contact:
        """Return the note; name and address are those of the package's client."""
        return Contact(name="", email="", note=self.note.data)


def _accepted(field: Field) -> None:
    if not field.data:
        raise ValidationError(_("Please read the terms and tick the box to accept them."))
