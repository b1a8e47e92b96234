"""The team, or one of it, with their hours: as the rule and the openings see them."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from portal.models import Member
from portal.plain_rows import named_rows
from portal.queries.hours import load_hours
from portal.scheduling.eligibility import MemberFacts
from portal.scheduling.hours import Hours

_TEAM = select(
    Member.id,
    Member.name,
    Member.kind,
    Member.deactivated_at,
    Member.role_id,
    Member.email,
    Member.timezone,
    Member.daily_cap,
)
_ONE = _TEAM.where(Member.id == bindparam("only"))


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A team member; `daily_cap` is how many sessions a day they take, None is no cap."""

    facts: MemberFacts
    email: str
    hours: Hours
    daily_cap: int | None


def load_members(practice_zone: ZoneInfo, from_day: date, only: int | None) -> list[TeamMember]:
    """Everybody on the team, or the one member, with what is on single dates from `from_day`."""
    rows = named_rows(_TEAM) if only is None else named_rows(_ONE, {"only": only})
    zones = {row.id: ZoneInfo(row.timezone) if row.timezone else practice_zone for row in rows}
    hours = load_hours(zones, from_day)
    return [
        TeamMember(
            MemberFacts(row.id, row.name, row.kind, row.deactivated_at is None, row.role_id),
            row.email,
            hours[row.id],
            row.daily_cap,
        )
        for row in rows
    ]
