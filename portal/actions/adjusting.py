"""Sessions that aren't used yet are added to a client's package, or taken out of it."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from portal.actions.activity import record
from portal.actions.credits import locked_client_package
from portal.actions.versions import require_version
from portal.errors import WrongField
from portal.ledger import credits_of
from portal.models import Act, ClientPackage, CreditEntry, CreditKind, Member
from portal.transaction import transaction

MOST_SESSIONS = 100_000
"""Of one service in one package, as in a clinic file."""


def adjust_credits(
    own_id: int, service_id: int, change: int, why: str, seen: int, by: Member, now: datetime
) -> ClientPackage:
    """Add unused sessions of a service, or take some away where `change` is below nought.

    Raises NotFound, Changed, and WrongField where there's no reason, no change, or less than that
    is unused.
    """
    with transaction() as session:
        own = locked_client_package(session, own_id)
        require_version(own, seen)
        if service_id not in [item.service_id for item in own.items]:
            raise WrongField("service", _("Please choose a service of this package."))
        total, left = credits_of([own.id]).get((own.id, service_id), (0, 0))
        if change == 0:
            raise WrongField("change", _("Please say how many sessions more or fewer."))
        if left + change < 0:
            unused = _(
                "Only %(number)d are unused: no more than that can be taken away.", number=left
            )
            raise WrongField("change", unused)
        if total + change > MOST_SESSIONS:
            raise WrongField("change", _("That’s too many sessions."))
        if not why:
            raise WrongField("why", _("Please say why: it stands in the history."))
        session.add(adjustment(own, service_id, change, why, by, now))
        details: dict[str, Any] = {"service": service_id, "change": change}
        record(session, Act.CREDITS_ADJUSTED, own, now, by=by, **details)
    return own


def adjustment(
    own: ClientPackage, service_id: int, change: int, why: str, by: Member, now: datetime
) -> CreditEntry:
    """An entry, not stored yet, that changes how many sessions of the service there are in all.

    `change` is in sessions; `why` one of the portal's own reasons or somebody's words.
    """
    return CreditEntry(
        client_package_id=own.id,
        service_id=service_id,
        kind=CreditKind.ADJUST,
        amount=change,
        at=now,
        by_id=by.id,
        why=str(why),
    )
