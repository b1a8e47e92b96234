"""Practice, services and members as plain values: what the rule and the openings are made of."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.models import Confirm, Member, Service
from portal.scheduling.eligibility import MemberFacts, Plan, ServiceFacts


@dataclass(frozen=True, slots=True)
class PracticeInfo:
    """The clinic's own settings; the units are in the names."""

    name: str
    zone: ZoneInfo
    plan: Plan
    currency: str
    place: str | None
    confirm: Confirm
    min_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int
    cancellation_policy: str
    video_link: str | None
    # "#" and six hexadecimal digits; None: the portal's own colour
    accent: str | None
    # counts the changes of the logo, for its address; None: there's no logo
    logo: int | None

    def today(self, now: datetime) -> date:
        """The date in the clinic at the instant `now`."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service as it is at present; times are minutes. `instant`: confirmed at once.

    `terms` are what a client agrees to besides the package's own.
    """

    facts: ServiceFacts
    id: int
    slug: str
    name: str
    description: str
    terms: str
    minutes: int
    buffer_before: int
    buffer_after: int
    delivery: tuple[str, ...]
    instant: bool
    place: str | None
    video_link: str | None


def practice_info(row: Any) -> PracticeInfo:
    """The plain values of the practice's row."""
    return PracticeInfo(
        name=row.name,
        zone=ZoneInfo(row.timezone),
        plan=row.plan,
        currency=row.currency,
        place=row.place,
        confirm=row.confirm,
        min_notice_minutes=row.min_notice_minutes,
        horizon_days=row.horizon_days,
        slot_step_minutes=row.slot_step_minutes,
        cancellation_policy=row.cancellation_policy,
        video_link=row.video_link,
        accent=row.accent,
        logo=row.version if row.logo_type else None,
    )


def member_facts(row: Member) -> MemberFacts:
    """The member as the rule of who can be booked sees them."""
    return MemberFacts(row.id, row.name, row.kind, row.active, row.role_id)


def service_facts(row: Service) -> ServiceFacts:
    """The service's owner and sharing, as they're stored, for the rule."""
    return ServiceFacts(
        id=row.id,
        owner_id=row.owner_id,
        sharing=row.sharing,
        members=frozenset(member.id for member in row.shared_members),
        roles=frozenset(role.id for role in row.shared_roles),
    )


def load_service(row: Service, practice_confirm: Confirm) -> ServiceInfo:
    """The plain values of a service's row, with its sharing as it's stored."""
    facts = service_facts(row)
    return service_info(row, practice_confirm, facts.members, facts.roles)


def service_info(
    row: Service, practice_confirm: Confirm, members: frozenset[int], roles: frozenset[int]
) -> ServiceInfo:
    """The plain values of a service's row; `members` and `roles` are what its sharing names."""
    return ServiceInfo(
        facts=ServiceFacts(row.id, row.owner_id, row.sharing, members, roles),
        id=row.id,
        slug=row.slug,
        name=row.name,
        description=row.description,
        terms=row.terms,
        minutes=row.minutes,
        buffer_before=row.buffer_before,
        buffer_after=row.buffer_after,
        delivery=tuple(row.delivery),
        instant=(row.confirm or practice_confirm) is Confirm.INSTANT,
        place=row.place,
        video_link=row.video_link,
    )
