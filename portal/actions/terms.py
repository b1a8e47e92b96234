"""What is written, and said in the log, in the same way of a package and of a client's own one."""

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
    members = select(Member).where(Member.id.in_(settings.members))
    roles = select(Role).where(Role.id.in_(settings.roles))
    # Most packages name nobody, so there's nobody to ask for.
    row.team_members = list(session.scalars(members)) if settings.members else []
    row.team_roles = list(session.scalars(roles)) if settings.roles else []


def mode_of(row: Package | ClientPackage) -> str:
    """Whom it lets clients book with, for the log."""
    return row.team_booking_allow.value if row.team_booking_enabled else "off"


def changed_fields(before: Any, after: Any) -> list[str]:
    """The names of the values that differ; both are of the same dataclass, which has slots."""
    names = type(before).__slots__
    return [name for name in names if getattr(before, name) != getattr(after, name)]
