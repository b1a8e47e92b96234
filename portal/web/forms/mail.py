"""A mail server as it's typed: on the page of the mail settings, and at the first run."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import StringField, ValidationError

from portal.mail.servers import MailServer
from portal.models import MailSecurity
from portal.web.forms import one_line
from portal.web.forms.fields import Address, Choice, Typed, Whole
from portal.web.forms.form import Form

HOST, USERNAME, PASSWORD = 255, 255, 1000  # characters at most


class Host(Typed):
    """The name of a machine, or its number."""

    def read(self, text: str) -> str:
        if len(text) > HOST or not re.fullmatch(r"[\w.:-]+", text):
            raise ValueError(_("Please enter a name such as smtp.example.com."))
        return text


class MailForm(Form):
    """Server, port, security, user, password and sender.

    `kept` is the server that is stored: its password stays where none is typed, but only for the
    same server and user, so that nobody can have it sent to another machine.
    """

    server = Host(label=lazy_gettext("Mail server"))
    port = Whole(label=lazy_gettext("Port"), least=1, most=65535)
    security = Choice(label=lazy_gettext("Security"), of=MailSecurity)
    username = StringField(label=lazy_gettext("User name"), filters=[one_line])
    smtp_password = StringField(label=lazy_gettext("Password"))
    sender = Address(label=lazy_gettext("Sender"))

    def __init__(self, kept: MailServer | None = None, **kwargs: Any) -> None:
        super().__init__(data=_values_of(kept), **kwargs)
        self.kept = kept

    def validate_username(self, field: Any) -> None:
        """It fits, and comes with a password."""
        if len(field.data or "") > HOST or len(self.smtp_password.data or "") > PASSWORD:
            raise ValidationError(_("Please use at most %(number)d characters.", number=USERNAME))

    def validate_smtp_password(self, field: Any) -> None:
        """It's there if there's a user name, typed or kept."""
        if self.username.data and not self._password():
            raise ValidationError(
                _("Please type the password.")
                if self.kept is None or self.kept.password is None
                else _("For another server or user, please type the password again.")
            )

    def mail_server(self) -> MailServer:
        """Return what was typed, of a form that is valid."""
        return MailServer(
            server=self.server.value,
            port=self.port.value,
            security=self.security.value,
            username=self.username.data or None,
            password=self._password() if self.username.data else None,
            sender=self.sender.value,
        )

    def mail_faults(self) -> list[str]:
        """Return what's wrong with the mail server's fields, each with the field's name."""
        return [
            f"{field.label.text}: {' '.join(field.errors)}"
            for field in self.mail_fields()
            if field.errors
        ]

    def mail_fields(self) -> tuple[Any, ...]:
        """Return the fields of the mail server, in their order."""
        of_the_server = (self.server, self.port, self.security)
        return (*of_the_server, self.username, self.smtp_password, self.sender)

    def _password(self) -> str | None:
        if self.smtp_password.data:
            return str(self.smtp_password.data)
        kept = self.kept
        same = kept and (kept.server, kept.username) == (self.server.data, self.username.data)
        return kept.password if kept and same else None


def _values_of(kept: MailServer | None) -> dict[str, Any]:
    if kept is None:
        return {"port": 587, "security": MailSecurity.STARTTLS}
    return {
        "server": kept.server,
        "port": kept.port,
        "security": kept.security,
        "username": kept.username,
        "sender": kept.sender,
    }
