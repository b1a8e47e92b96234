"""The first run: a token on the console, and everything that a clinic begins with in one act."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from portal.actions.accounts import hashed_password
from portal.actions.activity import record
from portal.actions.slugs import slug_of
from portal.errors import NotFound
from portal.mail.outbox import AnySession
from portal.mail.servers import MailServer, settings_row
from portal.models import (
    Act,
    Delivery,
    Member,
    Practice,
    Right,
    Role,
    Service,
    SetUpToken,
    WeeklyHours,
)
from portal.scheduling.eligibility import Kind, Plan
from portal.tokens import new_token, token_hash
from portal.transaction import transaction


@dataclass(frozen=True, slots=True)
class NewPractice:
    """The clinic itself."""

    name: str
    timezone: str
    currency: str
    plan: Plan
    place: str | None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class NewOwner:
    """Who owns it and signs in first."""

    name: str
    email: str
    password: str = field(repr=False)
    kind: Kind = Kind.PRACTITIONER


@dataclass(frozen=True, slots=True)
class NewService:
    """The first thing that clients can book."""

    name: str
    minutes: int
    delivery: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class NewHours:
    """The owner's hours: the same on each of the weekdays (0 is Monday), in minutes of a day."""

    weekdays: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NewClinic:
    """All of it. `hours` are left out for an owner who can't be booked."""

    practice: NewPractice
    owner: NewOwner
    service: NewService
    hours: NewHours | None
    mail: MailServer | None


def make_set_up_token(now: datetime) -> str | None:
    """Return a new token that opens the set-up page; the one before it is void.

    None where there is a practice already. Only its hash is stored, for every process to see.
    """
    with transaction() as session:
        if session.get(Practice, 1) is not None:
            return None
        token = new_token()
        session.merge(SetUpToken(id=1, token_hash=token_hash(token), created_at=now))
    return token


def set_up_clinic(token: str, clinic: NewClinic, now: datetime) -> Member:
    """Make the practice with its owner, roles, first service and hours; return the owner.

    It happens once, whoever else has the page open. Raises NotFound for a token that isn't in
    force, which after the set-up is every token, and WrongField for a short password.
    """
    hashed = hashed_password(
        clinic.owner.password, clinic.practice.name, clinic.owner.name, clinic.owner.email
    )
    with transaction() as session:
        _use_up(session, token)
        about = clinic.practice
        practice = Practice(
            id=1,
            name=about.name,
            timezone=about.timezone,
            currency=about.currency,
            plan=about.plan,
            place=about.place,
            language=about.language,
            running_out_at=1,
        )
        session.add(practice)
        owner = _owner(session, clinic.owner, hashed)
        session.add(_service(clinic.service, owner))
        if clinic.hours and owner.kind is Kind.PRACTITIONER:
            session.add_all(_hours(clinic.hours, owner))
        if clinic.mail:
            session.add(settings_row(clinic.mail))
        record(session, Act.PRACTICE_SET_UP, practice, now, by=owner)
    return owner


def _use_up(session: AnySession, token: str) -> None:
    """Delete the token. Of two who send it at once the second waits here, and finds it gone."""
    found = session.scalar(
        select(SetUpToken)
        .where(SetUpToken.token_hash == token_hash(token))
        .with_for_update(of=SetUpToken)
    )
    if session.get(Practice, 1) is not None:
        raise NotFound(set_up_already())
    if found is None:
        raise NotFound(token_wanted())
    session.delete(found)
    session.flush()


def set_up_already() -> str:
    """What whoever comes too late is told."""
    return _("This clinic is set up already. Its team can sign in.")


def token_wanted() -> str:
    """What whoever comes without the right token is told."""
    return _(
        "Whoever starts the site with “make serve” finds the address of the set-up page, with a "
        "one-time token, on the console. Each start prints a new one."
    )


def _owner(session: AnySession, about: NewOwner, hashed: str) -> Member:
    """The owner, in one of the two roles that a clinic begins with."""
    roles = {
        Kind.PRACTITIONER: Role(name=_("Practitioner"), rights=[]),
        Kind.ADMIN: Role(name=_("Front desk"), rights=[Right.OFFERS.value, Right.CLIENTS.value]),
    }
    owner = Member(
        email=about.email,
        name=about.name,
        kind=about.kind,
        is_owner=True,
        role=roles[about.kind],
        password=hashed,
        fs_uniquifier=secrets.token_hex(32),
    )
    session.add_all([*roles.values(), owner])
    session.flush()
    return owner


def _service(about: NewService, owner: Member) -> Service:
    return Service(
        slug=slug_of(about.name) or "service",
        name=about.name,
        owner=owner,
        minutes=about.minutes,
        delivery=[method.value for method in about.delivery],
    )


def _hours(about: NewHours, owner: Member) -> list[WeeklyHours]:
    return [
        WeeklyHours(
            member_id=owner.id, weekday=weekday, start_minute=about.start, end_minute=about.end
        )
        for weekday in about.weekdays
    ]
