"""Sharing a package's booking page: its short link, made on first use and then stable."""

import secrets
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from portal.actions.activity import record
from portal.actions.packages import locked_package
from portal.errors import Forbidden, Refused
from portal.models import Act, Member, Package, ShortLink
from portal.queries.services_page import may_replace_short_link
from portal.queries.short_links import short_link_of
from portal.transaction import transaction

ALPHABET = "bcdfghjkmnpqrstvwxyz23456789"
"""No 0, o, 1, l or i, which are mistaken for each other, and no vowels, so no words."""

LENGTH = 7  # characters: 13 thousand million codes
TRIES = 5


def short_link_for(package_id: int, by: Member, now: datetime) -> ShortLink:
    """The package's short link, which is made if there's none yet.

    Raises NotFound, or Refused for an archived package, whose page can't be booked any more.
    """
    with transaction() as session:
        package = locked_package(session, package_id)
        link = short_link_of(package.id)
        if link is None:
            if package.archived_at is not None:
                raise Refused(_("This package is archived, so it can’t be shared."))
            link = _new_link(session, package, by, now)
            record(session, Act.SHORT_LINK_MADE, package, now, by=by)
    return link


def replace_short_link(package_id: int, by: Member, now: datetime) -> ShortLink:
    """Retire the package's short link for good and make a new one.

    Raises NotFound, or Forbidden for whoever neither runs the clinic nor the package.
    """
    with transaction() as session:
        package = locked_package(session, package_id)
        if not may_replace_short_link(by, package):
            raise Forbidden(_("Only the assigned practitioner or an admin can replace this link."))
        if package.archived_at is not None:
            raise Refused(_("This package is archived, so it can’t be shared."))
        if (old := short_link_of(package.id)) is not None:
            old.retired_at = now
            old.retired_by_id = by.id
            # Before the new one: the database lets a package have one link in force.
            session.flush()
        link = _new_link(session, package, by, now)
        record(session, Act.SHORT_LINK_REPLACED, package, now, by=by)
    return link


def count_opening(link_id: int) -> None:
    """Count that somebody came by this short link."""
    with transaction() as session:
        more = ShortLink.opened_count + 1
        session.execute(update(ShortLink).where(ShortLink.id == link_id).values(opened_count=more))


def new_code() -> str:
    """A code that can't be guessed from another one."""
    return "".join(secrets.choice(ALPHABET) for _position in range(LENGTH))


def _new_link(
    session: Session | scoped_session[Session], package: Package, by: Member, now: datetime
) -> ShortLink:
    for attempt in range(TRIES):
        link = ShortLink(
            code=new_code(), package_id=package.id, created_at=now, created_by_id=by.id
        )
        try:
            with session.begin_nested():
                session.add(link)
        except IntegrityError:
            # The code is taken, perhaps by a retired link: those stay known for good.
            if attempt == TRIES - 1:
                raise
        else:
            return link
    raise AssertionError("unreachable")
