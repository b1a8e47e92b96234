"""Short links by their code, and the one of a package."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import ShortLink


def find_short_link(code: str) -> ShortLink | None:
    """The link with this code, with its package; a retired one too, for that is told apart.

    Codes are lower-case, and found in capitals as well: they may have been read aloud.
    """
    query = select(ShortLink).where(ShortLink.code == code.lower())
    return db.session.scalar(query.options(joinedload(ShortLink.package)))


def short_link_of(package_id: int) -> ShortLink | None:
    """The link in force of the package; None while nobody has asked for one."""
    query = select(ShortLink).where(ShortLink.package_id == package_id)
    return db.session.scalar(query.where(ShortLink.retired_at.is_(None)))


def retired_links_of(package_id: int) -> list[ShortLink]:
    """The package's links that were replaced, the last one first."""
    query = select(ShortLink).where(ShortLink.package_id == package_id)
    retired = query.where(ShortLink.retired_at.is_not(None))
    return list(db.session.scalars(retired.order_by(ShortLink.retired_at.desc(), ShortLink.id)))
