"""What stands in a client's calendar, as each act on their session is mailed to it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import cancel_by_client, take_back_cancellation
from portal.actions.moving import move, transfer
from portal.actions.requests import accept, decline, lapse_requests
from portal.actions.rescheduling import reschedule
from portal.db import db
from portal.models import Booking, Member
from portal.scheduling.obstacles import Obstacle
from portal.worker import send_due_mail
from tests.clinics import ANA, BEN, CHO, LEE, NOW
from tests.mail.calendars import CalendarProgram, invitation_in, only_event
from tests.mail.mail_server import MailServer
from tests.mail.messages import TEN, lee_books, one

Clinic = Callable[..., None]
HOUR = timedelta(hours=1)
SHUFFLES = 25


@dataclass
class Post:
    """Lee's inbox: the files of all mails so far, each sent as soon as it's written."""

    server: MailServer
    files: list[str] = field(default_factory=list)

    def arrives(self, now: datetime) -> None:
        before = len(self.server.mails)
        send_due_mail(now)
        for mail in self.server.mails[before:]:
            if mail["To"] == LEE:
                text = invitation_in(mail)
                assert text, f"{mail['Subject']} brings nothing for a calendar"
                self.files.append(text)


@pytest.fixture
def post(clinic: Clinic, mail_server: MailServer) -> Post:
    """Lee has requested a Follow-up with Cho on Tuesday at ten, by mail."""
    clinic()
    lee_books()
    post = Post(mail_server)
    post.arrives(NOW)
    return post


def member(email: str) -> Member:
    """The member with this address."""
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def what_takes_place() -> set[tuple[str, datetime, datetime, str, str]]:
    """What Lee's calendar must show, said by the bookings themselves."""
    db.session.rollback()
    return {
        (
            each.uid,
            each.starts_at,
            each.ends_at,
            f"{each.service.name} with {each.member.name}, Riverside Clinic",
            "CONFIRMED" if each.confirmed_at else "TENTATIVE",
        )
        for each in db.session.scalars(select(Booking).where(Booking.cancelled_at.is_(None)))
    }


def test_it_shows_exactly_what_takes_place_in_whatever_order_mails_arrive(post: Post) -> None:
    """All of it within one second, so that only SEQUENCE says what came last."""
    booking, now = one(Booking).id, NOW
    acts: list[Callable[[], object]] = [
        lambda: accept(booking, member(CHO), now),
        lambda: reschedule(
            booking, member_id=member(CHO).id, start=TEN + HOUR, method="in_person", now=now
        ),
        lambda: transfer(booking, member(BEN).id, member(ANA), now, confirmed_outside=True),
        lambda: cancel_by_client(booking, "I’m ill.", now),
        lambda: take_back_cancellation(booking, now),
        lambda: move(
            booking,
            member_id=member(ANA).id,
            start=TEN + 2 * HOUR,
            method="in_person",
            confirmed=frozenset(Obstacle),
            by=member(ANA),
            now=now,
        ),
        lambda: lee_books(
            email=LEE,
            starts_at=TEN + 26 * HOUR,
            ends_at=TEN + 27 * HOUR,
            busy_start=TEN + 26 * HOUR,
            busy_end=TEN + 27 * HOUR,
        ),
        lambda: cancel(booking, "We’re closed.", member(ANA), now),
    ]
    chance, in_order, views = random.Random(5546), CalendarProgram(), []  # noqa: S311
    in_order.receive(post.files[0])
    for act in acts:
        act()
        known = len(post.files)
        post.arrives(now)
        assert len(post.files) == known + 1
        in_order.receive(post.files[-1])
        assert in_order.view == what_takes_place()
        views.append(in_order.view)
        for _ in range(SHUFFLES):
            # Some mails come twice: a reply of the server's was lost.
            shuffled = post.files + chance.choices(post.files, k=2)
            chance.shuffle(shuffled)
            program = CalendarProgram()
            for text in shuffled:
                program.receive(text)
            assert program.view == what_takes_place()
    events = [only_event(text) for text in post.files]
    assert len({event.dtstamp for event in events}) == 1
    assert [event.sequence for event in events] == [0, 1, 2, 3, 4, 5, 6, 0, 7]
    # Nothing at all, then the session again, and in the end only the second one.
    assert [len(view) for view in views] == [1, 1, 1, 0, 1, 1, 2, 1]


@pytest.mark.parametrize("how", ["declined", "lapsed", "taken back"])
def test_a_request_that_comes_to_nothing_leaves_nothing(post: Post, how: str) -> None:
    booking = one(Booking).id
    now = TEN if how == "lapsed" else NOW
    if how == "declined":
        decline(booking, "", member(CHO), now)
    elif how == "lapsed":
        assert lapse_requests(now) == 1
    else:
        cancel_by_client(booking, "No.", now)
    post.arrives(now)
    program = CalendarProgram()
    program.receive(post.files[0])
    assert len(program.view) == 1
    program.receive(post.files[1])
    assert program.view == set()
    # The first mail, which was on its way for long.
    program.receive(post.files[0])
    assert program.view == set()


def test_how_it_takes_place_is_a_change_too(clinic: Clinic, post: Post) -> None:
    booking = one(Booking)
    clinic(follow_up={"delivery": ["in_person", "phone"]})
    here, by_phone = member(CHO).id, "phone"
    move(
        booking.id,
        member_id=here,
        start=TEN,
        method=by_phone,
        confirmed=frozenset(),
        by=member(CHO),
        now=NOW,
    )
    post.arrives(NOW)
    first, second = (only_event(text) for text in post.files)
    assert (first.sequence, second.sequence) == (0, 1)
    assert second.location == "By phone"
