"""Why a client cancels their session."""

from flask_babel import lazy_gettext

from portal.actions.cancelling import REASON_CHARACTERS
from portal.web.forms.fields import Lines
from portal.web.forms.form import Form


class CancellationForm(Form):
    """A reason, which the practitioner reads."""

    reason = Lines(label=lazy_gettext("Reason"), most=REASON_CHARACTERS)
