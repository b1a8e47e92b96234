"""Who can be booked with what: the two-layer rule, and its explanation.

One function answers it for the dropdown, the openings, the write inside its transaction, staff,
rescheduling and the command line, so that nobody is offered and then refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a team member is: a practitioner can be booked, an admin never."""

    PRACTITIONER = "practitioner"
    ADMIN = "admin"


class Plan(StrEnum):
    """The practice's plan: team booking needs the team plan."""

    SOLO = "solo"
    TEAM = "team"


class Sharing(StrEnum):
    """Which members besides its owner offer a service."""

    PRIVATE = "private"
    ALL = "all"
    MEMBERS = "members"
    ROLES = "roles"


class Allow(StrEnum):
    """A package's "allow bookings with": whom besides the assigned practitioner."""

    ASSIGNED = "assigned"
    ANY = "any"
    MEMBERS = "members"
    ROLES = "roles"


class Reason(StrEnum):
    """Why a member can't be booked. The order is the order in which reasons are given."""

    ADMIN = "admin"
    INACTIVE = "inactive"
    CLIENT_INACTIVE = "client_inactive"
    PACKAGE_INACTIVE = "package_inactive"
    EXPIRED = "expired"
    NO_CREDIT_LEFT = "no_credit_left"
    SOLO_PLAN = "solo_plan"
    TEAM_BOOKING_OFF = "team_booking_off"
    NOT_ALLOWED_BY_PACKAGE = "not_allowed_by_package"
    SERVICE_NOT_SHARED = "service_not_shared"
    NO_AVAILABILITY = "no_availability"


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A team member, as the rule sees them. Invited and deactivated people are not active."""

    id: int
    name: str
    kind: Kind
    active: bool
    role_id: int | None


@dataclass(frozen=True, slots=True)
class TeamBooking:
    """Whom a package lets clients book with besides its assigned practitioner.

    `members` and `roles` are kept while another choice, or none, is in force.
    """

    enabled: bool = False
    allow: Allow = Allow.ASSIGNED
    members: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()

    def allows(self, member: MemberFacts) -> bool:
        """Say whether "allow bookings with" matches; whether it is enabled is asked apart.

        A role counts as the member has it now. The assigned practitioner is not in question here.
        """
        match self.allow:
            case Allow.ASSIGNED:
                return False
            case Allow.ANY:
                return True
            case Allow.MEMBERS:
                return member.id in self.members
            case Allow.ROLES:
                return member.role_id in self.roles


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service's owner and sharing, as the rule sees them."""

    id: int
    owner_id: int
    sharing: Sharing
    members: frozenset[int]
    roles: frozenset[int]

    def shared_with(self, member: MemberFacts) -> bool:
        """Say whether the member offers this service: owns it, or it is shared with them."""
        if member.id == self.owner_id:
            return True
        match self.sharing:
            case Sharing.PRIVATE:
                return False
            case Sharing.ALL:
                return True
            case Sharing.MEMBERS:
                return member.id in self.members
            case Sharing.ROLES:
                return member.role_id in self.roles


@dataclass(frozen=True, slots=True)
class Holder:
    """What is booked from: a client's package, or the template as a newcomer would get it.

    `credits` has the sessions left by service id; a service that isn't an item has none. When a
    booking is rescheduled the caller counts its own credit as left, and `keeps` is the person whom
    it's with: rescheduling keeps them, whatever team booking says by now. `expires` is the last
    day, in the practice's zone; None is never. `client_active` is True for a newcomer.
    """

    assigned_to: int
    team_booking: TeamBooking
    active: bool
    expires: date | None
    credits: Mapping[int, int]
    client_active: bool = True
    keeps: int | None = None


def why_not_bookable(
    holder: Holder,
    service: ServiceFacts,
    member: MemberFacts,
    *,
    plan: Plan,
    today: date,
    has_availability: bool,
) -> Reason | None:
    """Return the first reason why the member can't be booked for the service, None if they can.

    The member is an active practitioner; the holder is in force and has a credit of the service;
    and the member is the assigned practitioner, or has the booking that is rescheduled, or else
    the plan, the package and the service all let them in. The assigned practitioner stays bookable
    even if the service is shared with them no longer. `today` is the practice's date;
    `has_availability` is what `hours.any_hours` says.
    """
    reason = _why_not_this_person(member) or _why_not_this_holder(holder, service, today)
    if reason is None and member.id not in (holder.assigned_to, holder.keeps):
        reason = _why_not_a_colleague(holder, service, member, plan)
    if reason is None and not has_availability:
        reason = Reason.NO_AVAILABILITY
    return reason


def _why_not_this_person(member: MemberFacts) -> Reason | None:
    if member.kind is not Kind.PRACTITIONER:
        return Reason.ADMIN
    return None if member.active else Reason.INACTIVE


def _why_not_this_holder(holder: Holder, service: ServiceFacts, today: date) -> Reason | None:
    if not holder.client_active:
        return Reason.CLIENT_INACTIVE
    if not holder.active:
        return Reason.PACKAGE_INACTIVE
    if holder.expires is not None and today > holder.expires:
        return Reason.EXPIRED
    return None if holder.credits.get(service.id, 0) > 0 else Reason.NO_CREDIT_LEFT


def _why_not_a_colleague(
    holder: Holder, service: ServiceFacts, member: MemberFacts, plan: Plan
) -> Reason | None:
    if plan is not Plan.TEAM:
        return Reason.SOLO_PLAN
    if not holder.team_booking.enabled:
        return Reason.TEAM_BOOKING_OFF
    if not holder.team_booking.allows(member):
        return Reason.NOT_ALLOWED_BY_PACKAGE
    return None if service.shared_with(member) else Reason.SERVICE_NOT_SHARED
