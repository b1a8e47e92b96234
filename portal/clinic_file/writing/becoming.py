"""Changing rows only where they differ from what they are to be."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.clinic_file.entries import TeamBooking
from portal.clinic_file.rows import Rows
from portal.models import ClientPackage, Member, Package, Role
from portal.scheduling.eligibility import Allow, Sharing


def become(row: Any, **values: Any) -> None:
    """Set what differs, so that loading a file twice touches no row the second time."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def since(happened: datetime | None, is_so: bool, now: datetime) -> datetime | None:
    """The time of a fact: as it's known, now if it's new, None if it isn't so."""
    return (happened or now) if is_so else None


def same_members(current: Iterable[Any], wanted: Iterable[Any]) -> bool:
    """Are these the same rows, in whatever order?"""
    return set(map(id, current)) == set(map(id, wanted))


def lists(
    mode: Sharing | Allow, named: Iterable[str], kept: Iterable[str], rows: Rows
) -> tuple[list[Member], list[Role]]:
    """The people and the roles that two lists of a file name.

    Where the mode is about people or about roles the first list has those, the second the others.
    """
    names = [*named, *kept]
    members = {name.lower(): rows.team[name.lower()] for name in names if name.lower() in rows.team}
    roles = {name: rows.roles[name] for name in names if name in rows.roles}
    if mode.value in ("members", "roles"):
        people, jobs = (named, kept) if mode.value == "members" else (kept, named)
        emails = {name.lower() for name in people}
        members = {email: row for email, row in members.items() if email in emails}
        roles = {name: row for name, row in roles.items() if name in jobs}
    return list(members.values()), list(roles.values())


def become_team_booking(row: Package | ClientPackage, entry: TeamBooking, rows: Rows) -> None:
    """Give a package, or a client's, the team booking of the entry."""
    members, roles = lists(entry.allow, entry.restrict_to, entry.kept, rows)
    become(row, team_booking_enabled=entry.enabled, team_booking_allow=entry.allow)
    if not same_members(row.team_members, members):
        row.team_members = members
    if not same_members(row.team_roles, roles):
        row.team_roles = roles
