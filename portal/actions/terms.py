"""What is written, and said in the log, in the same way of a package and of a client's own one."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from portal.mail.outbox import AnySession
from portal.models import ClientPackage, Member, Package, Role
from portal.scheduling.eligibility import TeamBooking


def write_team_booking(
    session: AnySession, row: Package | ClientPackage, settings: TeamBooking
) -> None:
    """Store whom it lets clients book with, both lists included."""
    row.team_booking_enabled = settings.enabled
    row.team_booking_allow = settings.allow
    row.team_members = _named(session, Member, settings.members)
    row.team_roles = _named(session, Role, settings.roles)


def _named(session: AnySession, model: type[Any], ids: Collection[int]) -> list[Any]:
    # Most packages name nobody, so there's nothing to ask for.
    return list(session.scalars(select(model).where(model.id.in_(ids)))) if ids else []


def mode_of(row: Package | ClientPackage) -> str:
    """Whom it lets clients book with, for the log."""
    return row.team_booking_allow.value if row.team_booking_enabled else "off"


def changed_fields(before: Any, after: Any) -> list[str]:
    """The names of the values that differ; both are of the same dataclass, which has slots."""
    names = type(before).__slots__
    return [name for name in names if getattr(before, name) != getattr(after, name)]
