"""The mail that asks one client to book a package."""

from datetime import datetime

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, Composed, put_in_outbox
from portal.mail.practice_facts import PracticeFacts, practice_facts
from portal.models import Client, Invite, Member, Package


def invite_to_book(session: AnySession, invite: Invite, token: str, now: datetime) -> None:
    """Put the invite's mail into the outbox: exactly one, with the link."""
    client, practice = invite.client, practice_facts()
    mail = composed_invite(practice, invite.package, client, invite.sent_by, invite.line, token)
    # a client without an address can't be invited; if one slips through, the outbox says so
    recipient = client.email or ""
    put_in_outbox(session, f"invite:{invite.id}:sent", recipient, mail, now, invite=invite)


def composed_invite(
    practice: PracticeFacts, package: Package, client: Client, sender: Member, line: str, token: str
) -> Composed:
    """The mail as the client will read it: what the sender sees before it goes is this."""
    return compose(
        "invite_to_book",
        practice,
        client,
        client=client.name,
        sender=sender.name,
        line=line,
        package=package.name,
        items=[(item.sessions, item.service.name) for item in package.items],
        practitioner=None,
        until=None,
        address=links.booking_page(package.slug, token),
    )
