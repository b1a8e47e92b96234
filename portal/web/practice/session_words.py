"""What is said of sessions: what they are at present, and what was done."""

from flask_babel import lazy_gettext

from portal.models import Ending, Status
from portal.scheduling.obstacles import Obstacle

STATUS = {
    Status.HELD: lazy_gettext("Held"),
    Status.REQUESTED: lazy_gettext("Requested"),
    Status.CONFIRMED: lazy_gettext("Confirmed"),
    Status.CANCELLED: lazy_gettext("Cancelled"),
    Status.COMPLETED: lazy_gettext("Completed"),
    Status.NO_SHOW: lazy_gettext("No-show"),
}

ENDINGS = {
    Ending.BY_CLIENT: lazy_gettext("Cancelled by the client"),
    Ending.BY_CLINIC: lazy_gettext("Cancelled by the clinic"),
    Ending.DECLINED: lazy_gettext("Declined"),
    Ending.LAPSED: lazy_gettext("Lapsed: nobody answered it before its start"),
}

DONE = {
    "accept": lazy_gettext("The request is accepted, and the client is told."),
    "decline": lazy_gettext("The request is declined, and the client is told."),
    "transfer": lazy_gettext("The session is with a colleague now. Everybody concerned is told."),
    "cancel": lazy_gettext("The session is cancelled. Everybody concerned is told."),
    "cancel_several": lazy_gettext("The sessions are cancelled. Everybody concerned is told."),
    "complete": lazy_gettext("Marked as completed."),
    "miss": lazy_gettext("Marked as a no-show. It keeps its credit."),
    "return_credit": lazy_gettext("The credit is back in the package."),
    "link": lazy_gettext("The session is part of the package now."),
    "unlink": lazy_gettext("The session isn’t part of the package any more."),
    "move": lazy_gettext("The session is moved. Everybody concerned is told."),
    "stay": lazy_gettext("The session is there already, so nothing was changed."),
    "book": lazy_gettext("The session is booked. Everybody concerned is told."),
}

OUTSIDE = {
    Obstacle.SETTINGS: lazy_gettext("outside the settings of the package or service"),
    Obstacle.HOURS: lazy_gettext("outside their availability"),
    Obstacle.DAILY_CAP: lazy_gettext("has as many sessions on that day as they take"),
}
"""Why a colleague who is free isn't one whom the client could have chosen, in short."""
