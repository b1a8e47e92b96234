"""Readable addresses that are made from names, each of them once."""

import re
import unicodedata

from sqlalchemy import select

from portal.mail.outbox import AnySession
from portal.models import Package, Practice, Service

CHARACTERS = 80


def free_slug(session: AnySession, model: type[Package | Service], name: str, usual: str) -> str:
    """The name as a part of an address, with -2 and so on where that one is taken.

    `usual` is for a name that no letter or digit of the Latin alphabet is left of.
    """
    one_at_a_time(session)
    slug = slug_of(name) or usual
    taken = set(session.scalars(select(model.slug).where(model.slug.startswith(slug[:60]))))
    number, found = 1, slug
    while found in taken:
        number += 1
        tail = f"-{number}"
        found = slug[: CHARACTERS - len(tail)].rstrip("-") + tail
    return found


def one_at_a_time(session: AnySession) -> Practice:
    """Let nobody else choose an address until the act is done: two would get the same one.

    It's the first lock that an act takes: practice, members, packages, services is the order.
    """
    return session.get_one(Practice, 1, with_for_update={"of": Practice})


def slug_of(name: str) -> str:
    """The name in small letters without accents, with dashes between its words; perhaps empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:CHARACTERS].rstrip("-")
