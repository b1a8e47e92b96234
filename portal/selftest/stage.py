"""What the self-test needs in the copy: somebody who can be booked at any hour, and a package."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete, text

from portal.db import db
from portal.models import (
    Confirm,
    Delivery,
    MailSettings,
    Member,
    Package,
    PackageItem,
    Practice,
    Service,
    WeeklyHours,
)
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction

NAME = "selftest-of-the-portal"
SESSION = timedelta(hours=1)

STAGGER = timedelta(minutes=15)
"""How far apart the starts are that clients go for: all four of an opening overlap each other."""

STARTS = 4

APART = timedelta(hours=2)
"""From an opening to the next: the last start of one ends before the first of the next begins."""

HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class Stage:
    """Whom the clients want, what for, and from when on. `now` is the time by their clocks."""

    member_id: int
    service_id: int
    now: datetime
    first: datetime

    def start(self, opening: int, client: int) -> datetime:
        """When this client wants to come, of the four ways to come at this opening."""
        return self.first + APART * opening + STAGGER * (client % STARTS)


def set_stage(now: datetime) -> Stage:
    """Put the practitioner and the package into the copy; nothing in it can send mail after that.

    The practice's notice, horizon and steps are widened in the copy, so that there are openings
    whatever the clinic has set.
    """
    with transaction() as session:
        session.execute(delete(MailSettings))
        practice = session.get(Practice, 1) or Practice(id=1, name="Self-test", timezone="UTC")
        practice.min_notice_minutes = 0
        practice.horizon_days = HORIZON_DAYS
        practice.slot_step_minutes = int(STAGGER.total_seconds()) // 60
        session.add(practice)
        member = Member(
            email=f"{NAME}@invalid",
            name="Self-test",
            kind=Kind.PRACTITIONER,
            timezone="UTC",
            fs_uniquifier=NAME,
        )
        service = Service(
            slug=NAME,
            name="Self-test",
            owner=member,
            minutes=int(SESSION.total_seconds()) // 60,
            delivery=[Delivery.IN_PERSON],
            confirm=Confirm.INSTANT,
        )
        package = Package(slug=NAME, name="Self-test", assigned_to=member)
        package.items = [PackageItem(service=service, sessions=1)]
        session.add_all([member, service, package])
        session.flush()
        session.add_all(
            WeeklyHours(member_id=member.id, weekday=day, start_minute=0, end_minute=1440)
            for day in range(7)
        )
        day_after_tomorrow = now.astimezone(UTC).date() + timedelta(days=2)
        first = datetime.combine(day_after_tomorrow, time(), UTC)
        return Stage(member.id, service.id, now, first)


def remove_guard() -> None:
    """Let the copy accept that somebody is booked twice, if it doesn't already."""
    statements = ["ALTER TABLE booking DROP CONSTRAINT IF EXISTS booking_overlap"]
    if db.engine.dialect.name == "sqlite":
        statements = [
            f"DROP TRIGGER IF EXISTS booking_overlap_{way}" for way in ("insert", "update")
        ]
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))
