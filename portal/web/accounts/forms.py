"""Forms of signing in. What was wrong is said in our own words, and says no more than it has to."""

from typing import Any

from flask import current_app, flash
from flask_babel import gettext as _
from flask_security import LoginForm, TwoFactorVerifyCodeForm
from flask_security.forms import Form, NextFormMixin, VerifyForm
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.utils import validate_redirect_url
from flask_security.webauthn import (
    WebAuthnRegisterResponseForm,
    WebAuthnSigninForm,
    WebAuthnSigninResponseForm,
)
from wtforms import Field, StringField, ValidationError

from portal.actions.accounts import MOST_CHARACTERS
from portal.queries.accounts import FIRST, SECONDARY
from portal.web.accounts.checks import current_member
from portal.web.accounts.signing_in import forget
from portal.web.forms.fields import Choice, Line

PASSKEY_NAME = 64  # characters


class LeadsOn(NextFormMixin):
    """Where to go afterwards; an address of another site is as good as none."""

    def validate_next(self, field: Field) -> None:
        """Leave out what leads elsewhere."""
        if field.data and not validate_redirect_url(field.data):
            field.data = ""


class SignInForm(LeadsOn, LoginForm):
    """Address and password. Whatever is wrong with them, there is one answer."""

    # A machine in a clinic is often shared: the sign-in lasts as long as the browser is open.
    remember = None

    def validate(self, **kwargs: Any) -> bool:
        """Say whether they are right; then nothing of the session before it is kept."""
        too_long = len(self.password.data or "") > MOST_CHARACTERS
        if too_long or not super().validate(**kwargs):
            self.email.errors, self.password.errors = [], []
            self.form_errors = [_("The address or the password isn’t right.")]
            _note_refusal("password", self.user)
            return False
        forget()
        # Otherwise Flask-Security would lead back to here from the second step.
        self.next.data = self.next.data or current_app.config["SECURITY_POST_LOGIN_VIEW"]
        return True


class PasswordForm(LeadsOn, VerifyForm):
    """The password once more, before something that only its owner may do."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether it's right."""
        too_long = len(self.password.data or "") > MOST_CHARACTERS
        if too_long or not self.user.password or not super().validate(**kwargs):
            self.password.errors = [_("This isn’t your password.")]
            return False
        return True


class CodeForm(TwoFactorVerifyCodeForm):
    """A code of the authenticator app."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether it's right, and wasn't used before."""
        if super().validate(**kwargs):
            return True
        _note_refusal("code", self.user)
        self.code.errors = [
            _(
                "This code isn’t right. Each works once, for about half a minute: please try the "
                "next one."
            )
        ]
        return False


class RecoveryCodeForm(MfRecoveryForm):
    """A recovery code instead of one of the app."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether it's one that is left."""
        if super().validate(**kwargs):
            return True
        _note_refusal("recovery code", self.user)
        self.code.errors = [_("This isn’t one of your recovery codes, or it was used already.")]
        return False


class Way(StringField):
    """One of the ways to go on that Flask-Security puts on its list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices: list[tuple[str, Any]] = []

    def pre_validate(self, form: Any) -> None:
        """Refuse one that isn't on the list."""
        if self.data not in [way for way, _words in self.choices]:
            raise ValidationError(_("Please choose one of these."))


class SecondStepForm(Form):
    """Which second factor somebody has at hand who has several."""

    which = Way()


class NoRescueForm(Form):
    """Flask-Security's other ways in besides a code, of which the page shows one as a link."""

    help_setup = Way()


def _note_refusal(what: str, member: Any) -> None:
    """Log a try in vain: with the member's number where it was about one, and no address."""
    whose = f"of member {member.id}" if member else "of nobody here"
    current_app.logger.warning("Sign-in refused: wrong %s %s", what, whose)


def _usage(word: str) -> str:
    return {FIRST: FIRST, SECONDARY: SECONDARY}[word]


class PasskeyForm(Form):
    """A new passkey: its name, and what it's for."""

    name = Line(most=PASSKEY_NAME)
    usage = Choice(of=_usage, default=FIRST)
    clean_name = ""

    def validate_name(self, field: Line) -> None:
        """Refuse the name of another one of the same person."""
        self.clean_name = field.data
        if any(key.name == field.data for key in current_member().webauthn):
            raise ValidationError(_("You have a passkey of this name already."))


class NewPasskeyForm(WebAuthnRegisterResponseForm):
    """What the browser says of a passkey that it made."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether it's one; the next page says what became of it."""
        good = super().validate(**kwargs)
        # Browsers may send anything here, and nothing in here reads it.
        self.extensions = None  # type: ignore[assignment]
        if not good:
            flash(_("The passkey wasn’t added. Please try once more."))
        return good


class PasskeySignInForm(LeadsOn, WebAuthnSigninForm):
    """Nothing but where to go afterwards: the passkey says who it is."""

    def validate(self, **kwargs: Any) -> bool:
        """Nothing can be wrong with it; the sign-in lasts as long as the browser is open."""
        self.remember.data = False
        return super().validate(**kwargs)


class PasskeyAnswerForm(LeadsOn, WebAuthnSigninResponseForm):
    """What the browser says for the passkey that was chosen."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether it's right; the next page says what became of it."""
        self.remember.data = ""
        if super().validate(**kwargs):
            return True
        _note_refusal("passkey", self.user)
        flash(
            _(
                "This passkey wasn’t accepted. It may have been removed, or it is one that’s used "
                "after the password."
            )
        )
        return False
