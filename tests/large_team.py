"""More practitioners than the clinic of the scenarios has, and a session with each."""

from datetime import datetime, timedelta
from uuid import uuid4

from portal.models import Member
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction
from tests.actions.sessions import outside_any_package


def let_join(number: int) -> list[str]:
    """So many practitioners join the team; returns their addresses in the team's order."""
    emails = [f"more{place}@example.com" for place in range(number)]
    with transaction() as session:
        for email in emails:
            more = Member(email=email, name=f"More {email[4]}", kind=Kind.PRACTITIONER)
            more.fs_uniquifier = uuid4().hex
            session.add(more)
            session.flush()
    return emails


def meet_each(emails: list[str], start: datetime, days: int = 1) -> set[int]:
    """Lee has a session with each, on so many days; returns their numbers."""
    return {
        outside_any_package(email, start + day * timedelta(days=1))
        for email in emails
        for day in range(days)
    }
