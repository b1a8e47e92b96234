"""Inviting one client to book a package: one invite, and exactly one mail with the link."""

import re
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal import mail
from portal.actions.activity import record
from portal.errors import Refused
from portal.models import Act, Client, Invite, Member, Package
from portal.queries.clients import find_visible_client
from portal.queries.invites import why_not_invited
from portal.queries.services_page import find_package
from portal.tokens import PATTERN, token_hash
from portal.transaction import transaction

LINE_CHARACTERS = 1000
TOKEN = re.compile(PATTERN, re.ASCII)


def invite_to_book(
    package_id: int, client_id: int | None, line: str, token: str, by: Member, now: datetime
) -> Invite:
    """Send the client a mail that asks them to book the package.

    `token` was made when the form was rendered, and goes into the link: the same form sent twice
    is one invite and one mail. Raises NotFound for a package or client that `by` may not see, and
    Refused when the package is archived, the client can't be written to, or the form is of no use.
    """
    if not TOKEN.fullmatch(token):
        raise Refused(_("This form is too old. Please reload the page."))
    if len(line) > LINE_CHARACTERS:
        raise Refused(_("The line is too long: %(most)s characters at most.", most=LINE_CHARACTERS))
    if client_id is None:
        raise Refused(_("Please pick a client."))
    with transaction() as session:
        package = find_package(package_id)
        # Two workers that got the same form wait for each other here.
        session.refresh(package, with_for_update=True)
        client = find_visible_client(client_id, by)
        invite = _sent_before(session, token, package, client)
        if invite is None:
            if reason := why_not_invited(package, client):
                raise Refused(reason)
            invite = Invite(
                package=package,
                client=client,
                sent_by_id=by.id,
                token_hash=token_hash(token),
                line=line.strip(),
                created_at=now,
            )
            session.add(invite)
            session.flush()
            record(session, Act.INVITE_SENT, client, now, by=by, package=package.id)
            mail.invite_to_book(session, invite, token, now)
    return invite


def _sent_before(
    session: Session | scoped_session[Session], token: str, package: Package, client: Client
) -> Invite | None:
    """The invite that this form has made already. Raises Refused if it was somebody else's."""
    invite = session.scalar(select(Invite).where(Invite.token_hash == token_hash(token)))
    if invite and (invite.package_id, invite.client_id) != (package.id, client.id):
        raise Refused(_("This form has sent an invite already. Please reload the page."))
    return invite
