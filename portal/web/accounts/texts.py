"""Names and sentences that several parts of signing in use."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.models import Right

SIGN_IN, SIGN_OUT, CONFIRM = "security.login", "security.logout", "security.verify"

FORBIDDEN = {
    Right.OFFERS: lazy_gettext(
        "Your role doesn’t let you edit services and packages. Whoever manages your team can "
        "change that."
    ),
    Right.CLIENTS: lazy_gettext(
        "Your role doesn’t let you see every client. Whoever manages your team can change that."
    ),
    Right.TEAM: lazy_gettext(
        "Your role doesn’t let you manage the team. The owner of the practice can change that."
    ),
    Right.SETTINGS: lazy_gettext(
        "Your role doesn’t let you change the practice’s settings. The owner of the practice can "
        "change that."
    ),
}


def too_many_for_account() -> str:
    """What is said where a limit counts for one account, from wherever somebody tries."""
    return _(
        "There were too many tries for this account. Please wait a little, or choose a new "
        "password by mail."
    )
