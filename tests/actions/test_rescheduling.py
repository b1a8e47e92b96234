"""A client reschedules: the same row, the same credit, another opening."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from portal.actions.cancelling import cancel
from portal.actions.outcomes import complete
from portal.actions.requests import accept, lapse_requests
from portal.actions.rescheduling import reschedule
from portal.db import db
from portal.errors import NotBookable, NotFound, Refused, Taken
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    Package,
    Practice,
    Service,
    Status,
)
from portal.scheduling.eligibility import Allow, Sharing
from portal.transaction import transaction
from tests.actions.sessions import (
    NINE,
    TEN,
    acts,
    book_follow_up,
    left_of,
    mails,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee

Clinic = Callable[..., None]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def move(
    booking: Booking,
    to: str = BEN,
    start: datetime = TEN + DAY,
    *,
    method: str = "in_person",
    now: datetime = NOW,
) -> None:
    """The booking's client moves it: by default to the next day, with Ben."""
    reschedule(booking.id, member_id=member(to).id, start=start, method=method, now=now)


def confirmed(who: str = BEN) -> Booking:
    """Lee's session with somebody at ten on Tuesday."""
    booking = book_follow_up(who)
    accept(booking.id, member(who), NOW)
    return booking


def change(model: type, **values: object) -> None:
    """Somebody changes a setting."""
    with transaction() as session:
        session.execute(update(model).values(values))


def test_scenario_24_from_ben_to_cho_with_the_same_credit_and_all_are_told(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    entries = db.session.scalar(select(func.count(CreditEntry.id)))
    told = len(mails())
    move(booking, CHO, TEN)

    assert (booking.member.email, booking.starts_at) == (CHO, TEN)
    assert (left_of(booking), db.session.scalar(select(func.count(CreditEntry.id)))) == (2, entries)
    assert [recipient for recipient, _ in mails()[told:]] == [LEE, CHO, BEN]
    assert acts()[-1] == "booking.rescheduled"
    assert book_follow_up(BEN, email="robin@example.com").starts_at == TEN
    with pytest.raises(Taken):
        book_follow_up(CHO, email="sam@example.com")


def test_with_the_same_person_it_stays_what_it_was(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    move(booking)
    assert (booking.status, booking.starts_at) == (Status.REQUESTED, TEN + DAY)
    accept(booking.id, member(BEN), NOW)
    move(booking, start=NINE)
    assert (booking.status, booking.starts_at) == (Status.CONFIRMED, NINE)


@pytest.mark.parametrize(
    ("confirm", "status"), [("request", Status.REQUESTED), ("instant", Status.CONFIRMED)]
)
def test_another_person_has_to_say_yes_unless_the_service_is_confirmed_at_once(
    clinic: Clinic, confirm: str, status: Status
) -> None:
    clinic(follow_up={"confirm": confirm})
    booking = book_follow_up(BEN)
    if booking.status is Status.REQUESTED:
        accept(booking.id, member(BEN), NOW)
    move(booking, CHO)
    assert booking.status is status


def test_its_own_time_is_not_in_its_way(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    move(booking, start=TEN + timedelta(minutes=15))
    assert booking.ends_at == TEN + timedelta(minutes=75)
    with pytest.raises(Taken):
        book_follow_up(BEN, TEN + HOUR, email="robin@example.com")


def test_its_own_credit_is_counted_as_left(clinic: Clinic) -> None:
    clinic(package={"items": [{"service": "follow-up", "sessions": 1}], "weekly_limit": 1})
    booking = confirmed()
    assert left_of(booking) == 0
    move(booking)
    assert (booking.starts_at, left_of(booking)) == (TEN + DAY, 0)


def test_length_and_buffers_are_the_services_present_ones(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    change(Service, minutes=30, buffer_before=15, buffer_after=10)
    start = TEN + DAY
    move(booking, start=start)
    assert booking.ends_at == start + timedelta(minutes=30)
    assert booking.busy_start == start - timedelta(minutes=15)
    assert booking.busy_end == start + timedelta(minutes=40)


def test_how_it_takes_place_can_change_to_what_the_service_offers(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    change(Service, delivery=["video"])
    with pytest.raises(NotBookable, match="isn’t offered in this way"):
        move(booking)
    move(booking, start=TEN, method="video")
    assert (booking.delivery, booking.starts_at) == ("video", TEN)


def test_moving_it_to_where_it_is_or_doing_it_twice_changes_nothing(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    move(booking)
    told, done = mails(), acts()
    move(booking)
    assert (mails(), acts()) == (told, done)


def test_it_can_be_rescheduled_again_and_again_within_a_second(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    told = len(mails())
    for start in (NINE, TEN, TEN + HOUR):
        move(booking, start=start)
    assert booking.starts_at == TEN + HOUR
    assert len(mails()) == told + 3 * 2


def test_only_openings_are_taken(clinic: Clinic) -> None:
    clinic(practice={"min_notice_minutes": 24 * 60, "horizon_days": 10}, package={"valid_days": 8})
    booking = confirmed()
    book_follow_up(BEN, TEN + DAY, email="robin@example.com")
    for start in (
        TEN + DAY,  # Robin's
        TEN + timedelta(minutes=7),  # no step
        TEN + 9 * HOUR,  # outside Ben's hours
        NOW + 2 * HOUR,  # short notice
        TEN + 8 * DAY,  # after the day of expiry
        TEN + 14 * DAY,  # beyond the horizon
    ):
        with pytest.raises(Taken):
            move(booking, start=start)
    assert booking.starts_at == TEN


@pytest.mark.parametrize(
    ("settings", "who"),
    [
        pytest.param({"enabled": False}, BEN, id="team booking is off"),
        pytest.param({"allow": "members", "restrict_to": [CHO]}, BEN, id="not in the list"),
        pytest.param({"sharing": "private"}, BEN, id="not shared"),
        pytest.param({"practice": {"plan": "solo"}}, BEN, id="the solo plan"),
        pytest.param({}, DEE, id="an admin"),
    ],
)
def test_only_people_who_are_bookable_are_chosen(
    clinic: Clinic, settings: dict[str, object], who: str
) -> None:
    clinic(**settings)
    booking = confirmed(ANA)
    with pytest.raises(NotBookable):
        move(booking, who)
    assert booking.member.email == ANA


def test_the_person_is_kept_although_team_booking_allows_them_no_more(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    change(ClientPackage, team_booking_enabled=False)
    change(Service, sharing=Sharing.PRIVATE)
    with pytest.raises(NotBookable):
        move(booking, CHO)
    move(booking, BEN)
    assert booking.starts_at == TEN + DAY


def test_scenario_27_the_clients_own_settings_decide_and_not_the_templates(clinic: Clinic) -> None:
    clinic()
    booking = confirmed(ANA)
    change(Package, team_booking_allow=Allow.ASSIGNED)
    move(booking, CHO)
    assert booking.member.email == CHO


def test_outside_any_package_only_the_person_whom_it_is_with(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = db.session.get_one(Booking, outside_any_package(BEN, TEN))
    with pytest.raises(NotBookable):
        move(booking, CHO)
    move(booking)
    assert (booking.starts_at, booking.status) == (TEN + DAY, Status.CONFIRMED)


def test_inside_the_window_it_is_no_way_round_a_late_cancellation(clinic: Clinic) -> None:
    clinic(practice={"late_cancel_forbidden": True})
    booking = confirmed()
    late = TEN - DAY + timedelta(seconds=1)
    with pytest.raises(Refused, match="last 24 hours before a session"):
        move(booking, now=late)
    move(booking, now=TEN - DAY)
    assert booking.starts_at == TEN + DAY
    change(Practice, late_cancel_forbidden=False)
    move(booking, start=TEN + 2 * DAY, now=TEN + DAY - HOUR)
    assert booking.starts_at == TEN + 2 * DAY


@pytest.mark.parametrize(
    ("end", "at", "words"),
    [
        pytest.param(lambda _: None, TEN, "has begun", id="begun"),
        pytest.param(lambda _: None, TEN + HOUR, "is over", id="over"),
        pytest.param(lambda b: complete(b.id, member(BEN), TEN), TEN, "is over", id="completed"),
        pytest.param(
            lambda b: cancel(b.id, "Ill.", member(BEN), NOW), NOW, "cancelled", id="cancelled"
        ),
    ],
)
def test_what_has_begun_or_ended_can_not_be_moved(
    clinic: Clinic, end: Callable[[Booking], object], at: datetime, words: str
) -> None:
    clinic()
    booking = confirmed()
    end(booking)
    with pytest.raises(Refused, match=words):
        move(booking, now=at)
    assert booking.starts_at == TEN


def test_neither_can_a_request_that_lapsed_a_held_time_or_a_deactivated_clients(
    clinic: Clinic,
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    change(Client, deactivated_at=NOW)
    with pytest.raises(NotBookable):
        move(booking)
    lapse_requests(TEN)
    with pytest.raises(Refused, match="lapsed"):
        move(booking, now=TEN)
    held = outside_any_package(CHO, TEN, client_id=None, held_until=TEN, confirmed_at=None)
    with pytest.raises(NotFound):
        reschedule(held, member_id=1, start=TEN + DAY, method="in_person", now=NOW)


def test_what_staff_put_over_another_is_under_the_guard_again(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    outside_any_package(BEN, TEN)
    over = db.session.get_one(Booking, outside_any_package(BEN, TEN, overbooked_at=NOW))
    with pytest.raises(Taken):
        move(over, start=TEN + timedelta(minutes=30))
    move(over)
    assert over.overbooked_at is None


def test_scenario_25_on_the_day_of_expiry_and_not_a_day_later(clinic: Clinic) -> None:
    clinic(
        hours={BEN: [("09:00", "20:00")]},
        practice={"horizon_days": 200},
        package={"valid_days": 121},
    )
    booking = confirmed()
    five = datetime(2027, 6, 30, 21, 0, tzinfo=UTC)  # 17:00 in New York
    assert booking.client_package
    assert str(booking.client_package.expires_on) == "2027-06-30"
    # 19:00 in New York: in UTC it's July 1 from eight o'clock on
    move(booking, start=five + 2 * HOUR)
    move(booking, start=five)
    with pytest.raises(Taken):
        move(booking, start=five + 16 * HOUR)
    assert booking.starts_at == five
    change(ClientPackage, expires_on=datetime(2027, 7, 1, tzinfo=UTC).date())
    move(booking, start=five + 16 * HOUR)
