"""What a line of a package's history says: what happened, who did it, and why."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.models import Why
from portal.queries.credit_history import HistoryLine, LineKind
from portal.web.templating import clock_time, short_day

KINDS = {
    LineKind.GRANT: lazy_gettext("Granted"),
    LineKind.HOLD: lazy_gettext("Held by a request"),
    LineKind.USE: lazy_gettext("Used"),
    LineKind.RETURN: lazy_gettext("Given back"),
    LineKind.EXPIRE: lazy_gettext("Expired"),
    LineKind.ADJUST: lazy_gettext("Adjusted"),
}

WHYS = {
    Why.PACKAGE_BOOKED: lazy_gettext("Package booked"),
    Why.PACKAGE_MADE: lazy_gettext("Package made by the clinic"),
    Why.COUNT_CHANGED: lazy_gettext("Number of sessions changed"),
    Why.RESET: lazy_gettext("Reset to the template"),
    Why.BOOKED: lazy_gettext("Session booked"),
    Why.LINKED: lazy_gettext("Session linked to the package"),
    Why.UNLINKED: lazy_gettext("Session unlinked from the package"),
    Why.DECLINED: lazy_gettext("Request declined"),
    Why.LAPSED: lazy_gettext("Request lapsed"),
    Why.CANCELLED_BY_CLIENT: lazy_gettext("Cancelled by the client"),
    Why.CANCELLED_BY_CLINIC: lazy_gettext("Cancelled by the clinic"),
    Why.RESTORED: lazy_gettext("Cancellation taken back"),
    Why.RETURNED: lazy_gettext("Returned by the clinic"),
    Why.COMPLETED: lazy_gettext("Session took place after all"),
}
"""The portal's own reasons; anything else is somebody's own words."""

BY_CLIENT = (Why.PACKAGE_BOOKED, Why.BOOKED, Why.CANCELLED_BY_CLIENT, Why.RESTORED)
"""What the client does, where no member did it."""


def what_happened(line: HistoryLine, zone: ZoneInfo) -> str:
    """Return what became of the sessions, with the session that it's about."""
    words = [str(KINDS[line.kind])]
    if line.session:
        words.append(_("for %(when)s", when=_instant(line.session, zone)))
    if line.accepted:
        words.append(
            _("requested at first, accepted on %(day)s", day=short_day(line.accepted, zone))
        )
    return ", ".join(words)


def who(line: HistoryLine) -> str:
    """Return who did it."""
    if line.by:
        return line.by
    return str(_("The client")) if line.why in BY_CLIENT else "–"


def why(line: HistoryLine) -> str:
    """Return the reason, the portal's own in the reader's language."""
    if line.late:
        return _(
            "%(why)s. It came back after the expiry, and can be used when that is extended.",
            why=_reason(line),
        )
    return _("Not used in time") if line.kind is LineKind.EXPIRE else _reason(line)


def _reason(line: HistoryLine) -> str:
    known = [why for why in Why if why.value == line.why]
    return str(WHYS[known[0]]) if known else line.why


def _instant(at: datetime, zone: ZoneInfo) -> str:
    return f"{short_day(at, zone)}, {clock_time(at, zone)}"
