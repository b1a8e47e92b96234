"""The mail to a client for whom staff have made a package."""

from datetime import datetime

from portal.ledger import credits_of
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.mail.session_facts import zone_of
from portal.models import ClientPackage


def package_received(session: AnySession, own: ClientPackage, now: datetime) -> None:
    """Put the mail into the outbox: what is in the package, with whom, and until when.

    A client without an address gets none.
    """
    session.flush()
    client, practice = own.client, practice_facts()
    if client.email is None:
        return
    granted = credits_of([own.id])
    mail = compose(
        "package_received",
        practice,
        client,
        client=client.name,
        package=own.package.name,
        practitioner=own.assigned_to.name,
        items=[
            (granted[own.id, item.service_id][0], item.service.name)
            for item in own.items
            if (own.id, item.service_id) in granted
        ],
        until=own.expires_on,
        zone=zone_of(practice),
    )
    put_in_outbox(session, f"client_package:{own.id}:received", client.email, mail, now)
