"""Forms of a member's own account."""

import unicodedata
from typing import Any

from flask_babel import gettext as _
from flask_security.utils import verify_password
from wtforms import BooleanField, StringField, ValidationError

from portal.actions.accounts import LEAST_CHARACTERS, MOST_CHARACTERS
from portal.web.forms.fields import Language, Line
from portal.web.forms.form import Form

ADDRESS = 254  # characters


class AddressForm(Form):
    """The address to which the link for a new password is mailed. It's taken as it's typed."""

    email = StringField()

    def validate_email(self, field: Any) -> None:
        """Refuse what can't be an address, whoever's."""
        field.data = (field.data or "").strip()
        if "@" not in field.data or len(field.data) > ADDRESS or "\0" in field.data:
            raise ValidationError(
                _("This isn’t an email address. It should look like lee@example.com.")
            )


class NewPasswordForm(Form):
    """A new password, typed twice."""

    password = StringField()
    again = StringField()

    def validate_password(self, field: Any) -> None:
        """Refuse a short one, or one that's longer than what is hashed."""
        typed = field.data or ""
        if len(typed) < LEAST_CHARACTERS:
            raise ValidationError(
                _("A password has at least %(number)d characters.", number=LEAST_CHARACTERS)
            )
        if len(typed) > MOST_CHARACTERS:
            raise ValidationError(
                _("A password has at most %(number)d characters.", number=MOST_CHARACTERS)
            )

    def validate_again(self, field: Any) -> None:
        """Refuse a second one that's different."""
        if self.password.data != field.data:
            raise ValidationError(_("The two passwords are different."))


class ChangePasswordForm(NewPasswordForm):
    """The present password, and a new one."""

    present = StringField()

    def __init__(self, hashed: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hashed = hashed

    def validate_present(self, field: Any) -> None:
        """Refuse another one than the member's."""
        typed = unicodedata.normalize("NFKD", field.data or "")
        too_long = len(typed) > 2 * MOST_CHARACTERS
        if too_long or not self.hashed or not verify_password(typed, self.hashed):
            raise ValidationError(_("This isn’t your password."))


class NameForm(Form):
    """The name under which clients and colleagues see the member."""

    name = Line()


class MailsForm(Form):
    """In which language the member is written to, and of what else."""

    language = Language(needed=False)
    told_of_assigned = BooleanField()


class AppCodeForm(Form):
    """The first code of an authenticator app, which shows that it has the secret."""

    code = StringField()
