"""Holding and booking, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from portal import mail
from portal.actions import booking as booking_act
from portal.actions import holding
from portal.actions.booking import Contact, book
from portal.actions.holding import HOLD, hold, release
from portal.actions.inviting import invite_to_book
from portal.db import db
from portal.errors import NotBookable, NotFound, Taken
from portal.models import (
    Act,
    Activity,
    Actor,
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    CreditKind,
    Invite,
    Member,
    Message,
    Package,
    PrivateLink,
    Service,
    Status,
)
from portal.queries.bookings import find_by_token
from portal.queries.offers import Offer, load_client_offer, load_offer
from portal.queries.openings import Board, load_board
from portal.tokens import new_token
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee
from tests.mail.laid_out import html_of, text_of

TUESDAY = date(2027, 3, 2)
NINE = datetime(2027, 3, 2, 14, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
LEE_TYPES = Contact("Lee Park", LEE)

Clinic = Callable[..., None]


def member_id(email: str) -> int:
    return db.session.scalars(select(Member.id).where(Member.email == email)).one()


def hold_follow_up(
    who: str = CHO,
    start: datetime = TEN,
    now: datetime = NOW,
    offer: Offer | None = None,
    service: str = "follow-up",
    **more: str | None,
) -> str:
    offer = offer or load_offer("reset", now)
    item = offer.item(service)
    assert item
    return hold(
        offer,
        service_id=item.service.id,
        method="in_person",
        member_id=member_id(who),
        start=start,
        now=now,
        **more,
    )


def board_of(slug: str = "follow-up", now: datetime = NOW, offer: Offer | None = None) -> Board:
    offer = offer or load_offer("reset", now)
    item = offer.item(slug)
    assert item
    return load_board(offer, item.service, now)


def listed(board: Board) -> list[tuple[str, str]]:
    """The openings of Tuesday morning as people read them."""
    zone = board.offer.practice.zone
    names = {person.id: person.name.split()[0] for person in board.people}
    return [
        (datetime.fromtimestamp(opening.start, zone).strftime("%H:%M"), names[opening.member_id])
        for opening in board.openings(TUESDAY, 1)
    ]


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_scenario_13_each_opening_names_its_person_and_the_one_chosen_is_booked(
    clinic: Clinic,
) -> None:
    clinic(hours={ANA: [("10:00", "11:00")], BEN: [("09:00", "10:00")], CHO: [("10:00", "11:00")]})
    assert listed(board_of()) == [("09:00", "Ben"), ("10:00", "Ana"), ("10:00", "Cho")]

    token = hold_follow_up(CHO, TEN)
    book(token, LEE_TYPES, now=NOW)

    booking = find_by_token(token, NOW)
    assert (booking.member.email, booking.starts_at) == (CHO, TEN)
    assert listed(board_of()) == [("09:00", "Ben"), ("10:00", "Ana")]


@pytest.mark.parametrize(
    ("allow", "named"), [("members", [BEN, CHO]), ("roles", ["Nutritionist", "Coach"])]
)
def test_whom_the_template_lets_them_book_with_is_copied_name_by_name(
    clinic: Clinic, allow: str, named: list[str]
) -> None:
    clinic(allow=allow, restrict_to=named)
    book(hold_follow_up(), LEE_TYPES, now=NOW)
    template = db.session.scalars(select(Package)).one()
    own = db.session.scalars(select(ClientPackage)).one()
    assert own.team_booking_enabled
    assert own.team_booking_allow == template.team_booking_allow == allow
    assert {each.email for each in own.team_members} == {who for who in named if "@" in who}
    assert {each.id for each in own.team_roles} == {each.id for each in template.team_roles}
    assert len(own.team_members) + len(own.team_roles) == 2


def test_price_limits_and_assigned_practitioner_are_copied(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        terms = {"price": Decimal("99.50"), "weekly_limit": 2, "monthly_limit": 5}
        session.execute(update(Package).values(**terms))
    book(hold_follow_up(), LEE_TYPES, now=NOW)
    template = db.session.scalars(select(Package)).one()
    own = db.session.scalars(select(ClientPackage)).one()
    assert (own.price, own.weekly_limit, own.monthly_limit) == (Decimal("99.50"), 2, 5)
    assert (own.package, own.assigned_to) == (template, template.assigned_to)
    assert [item.service_id for item in own.items] == [item.service_id for item in template.items]
    assert [item.position for item in own.items] == [0, 1]
    assert (own.created_at, own.version) == (NOW, 1)


def test_a_newcomer_becomes_a_prospective_client_with_a_package_of_their_own(
    clinic: Clinic,
) -> None:
    clinic()
    token = hold_follow_up()
    book(token, Contact("Lee Park", LEE, "555 0100", "My knee", "en-GB"), now=NOW)

    booking = find_by_token(token, NOW)
    assert booking.status is Status.REQUESTED
    assert booking.note == "My knee"
    assert booking.client
    assert (booking.client.name, booking.client.accepted_at) == ("Lee Park", None)
    assert booking.client.language == "en-GB"
    own = booking.client_package
    assert own
    assert (own.started_on, own.expires_on) == (date(2027, 3, 1), date(2027, 5, 30))
    items = load_client_offer(own.id, NOW).items
    assert [(i.service.slug, i.left, i.sessions) for i in items] == [
        ("intake", 1, 1),
        ("follow-up", 2, 3),
    ]


def test_the_ledger_begins_with_what_the_package_has_and_what_the_booking_takes(
    clinic: Clinic,
) -> None:
    clinic()
    token = hold_follow_up()
    book(token, LEE_TYPES, now=NOW)
    booking = find_by_token(token, NOW)
    entries = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id)).all()
    assert [(each.kind, each.amount, each.booking_id, each.why) for each in entries] == [
        (CreditKind.GRANT, 1, None, "Package booked"),
        (CreditKind.GRANT, 3, None, "Package booked"),
        (CreditKind.TAKE, -1, booking.id, "Session booked"),
    ]
    assert {(each.client_package_id, each.at, each.by_id) for each in entries} == {
        (booking.client_package_id, NOW, None)
    }
    assert [each.service_id for each in entries[1:]] == [booking.service_id] * 2


def test_none_is_taken_of_what_a_new_package_does_not_have(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic(package={"items": [{"service": "intake", "sessions": 1}]})
    # As if nothing had asked the rule before.
    for act in (holding, booking_act):
        monkeypatch.setattr(act, "require_opening", lambda *_: None)
    token = hold_follow_up(ANA, service="intake")
    with transaction() as session:
        follow_up = session.scalars(select(Service).where(Service.slug == "follow-up")).one()
        session.execute(update(Booking).values(service_id=follow_up.id))
    monkeypatch.setattr(Offer, "item", lambda offer, _service: offer.items[0])
    with pytest.raises(NotBookable, match="left in the package"):
        book(token, LEE_TYPES, now=NOW)
    assert (count(CreditEntry), count(ClientPackage), count(Client)) == (0, 0, 0)


@pytest.mark.parametrize("of_an_earlier_version", [False, True])
def test_its_private_link_works_for_180_days_after_the_session(
    clinic: Clinic, of_an_earlier_version: bool
) -> None:
    clinic()
    token = hold_follow_up()
    ends = select(PrivateLink.expires_at)
    until = TEN + timedelta(hours=1, days=180)
    assert db.session.scalar(ends) == until
    if of_an_earlier_version:
        with transaction() as session:
            session.execute(update(PrivateLink).values(expires_at=None))
    book(token, LEE_TYPES, now=NOW)
    assert db.session.scalar(ends) == until


def told() -> list[tuple[object, ...]]:
    """What the outbox has, but for what is another each time."""
    columns = [column for column in Message.__table__.c if column.name != "id"]
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(Message.id))]


def told_of_what_is_stored(token: str) -> list[tuple[object, ...]]:
    """The same, if the booking's row is told of in the place of what is there."""
    with transaction() as session:
        session.execute(delete(Message))
        mail.booking_made(session, find_by_token(token, NOW), token, NOW)
    return told()


@pytest.mark.parametrize("known", [False, True], ids=["a newcomer", "a client"])
@pytest.mark.parametrize("confirm", ["instant", "request"])
def test_its_mails_say_what_they_do_of_the_booking_as_it_is_stored(
    clinic: Clinic, confirm: str, known: bool
) -> None:
    somebody = lee(phone="555 0199", timezone="Europe/Berlin", language="de")
    clinic(
        clients=[somebody] if known else [],
        practice={"running_out_at": 2, "video_link": "https://meet.example.com/us"},
        follow_up={"confirm": confirm, "place": "12 River Street"},
    )
    with transaction() as session:
        who = {"timezone": "America/Chicago", "language": "de"}
        session.execute(update(Member).where(Member.email == CHO).values(**who))
        session.execute(update(Member).where(Member.email == ANA).values(told_of_assigned=True))
    token = hold_follow_up(CHO)
    book(token, Contact("Zed", LEE, "555 0100", "My knee", "en-GB"), now=NOW)
    as_booked = told()
    assert len(as_booked) == 3
    assert told_of_what_is_stored(token) == as_booked

    own = find_by_token(token, NOW).client_package
    assert own
    later = TEN + timedelta(hours=1)
    token = hold_follow_up(CHO, later, offer=load_client_offer(own.id, NOW))
    with transaction() as session:
        session.execute(delete(Message))
    book(token, Contact("", "", None, "My other knee"), now=NOW)
    as_booked = told()
    # One more: few sessions are left.
    assert len(as_booked) == 4
    assert told_of_what_is_stored(token) == as_booked


def test_a_service_that_is_confirmed_at_once_needs_nobody_to_accept(clinic: Clinic) -> None:
    clinic(follow_up={"confirm": "instant"})
    token = hold_follow_up()
    book(token, LEE_TYPES, now=NOW)
    assert find_by_token(token, NOW).status is Status.CONFIRMED


def test_what_a_client_books_is_in_the_activity_log_without_their_name(clinic: Clinic) -> None:
    clinic()
    book(hold_follow_up(), LEE_TYPES, now=NOW)
    booking = db.session.scalars(select(Booking)).one()
    entry = db.session.scalars(select(Activity).where(Activity.subject == "booking")).one()
    assert (entry.act, entry.actor, entry.subject_id) == (
        Act.BOOKING_REQUESTED,
        Actor.CLIENT,
        booking.id,
    )
    assert entry.details == {}


def test_scenario_15_a_double_click_is_one_booking_one_credit_and_one_mail_each(
    clinic: Clinic,
) -> None:
    clinic()
    token = hold_follow_up()
    book(token, LEE_TYPES, now=NOW)
    mails = count(Message)
    book(token, LEE_TYPES, now=NOW)

    assert (count(Booking), count(Client), count(ClientPackage)) == (1, 1, 1)
    taken = select(func.sum(CreditEntry.amount)).where(CreditEntry.amount < 0)
    assert db.session.scalar(taken) == -1
    assert count(Message) == mails == 2


def test_a_held_time_is_nobody_elses_until_it_runs_out(clinic: Clinic) -> None:
    clinic()
    hold_follow_up(CHO, TEN)
    assert ("10:00", "Cho") not in listed(board_of())
    with pytest.raises(Taken):
        hold_follow_up(CHO, TEN + timedelta(minutes=30))

    later = NOW + HOLD
    assert ("10:00", "Cho") in listed(board_of(now=later))
    hold_follow_up(CHO, TEN, now=later)


def test_choosing_another_time_lets_go_of_the_first(clinic: Clinic) -> None:
    clinic()
    first = hold_follow_up(CHO, TEN)
    hold_follow_up(BEN, NINE, replacing=first)
    assert ("10:00", "Cho") in listed(board_of())
    assert ("09:00", "Ben") not in listed(board_of())


# On SQLite one act at a time reads and writes, so nothing comes in between.
@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_a_hold_that_is_booked_while_another_time_is_chosen_stays_booked(
    clinic: Clinic, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic()
    first = hold_follow_up(CHO, TEN)
    lock = holding.lock_members

    def books_first() -> None:
        with app.app_context():
            book(first, LEE_TYPES, now=NOW)

    def lock_after_the_booking(ids: set[int]) -> None:
        with ThreadPoolExecutor(1) as other_tab:
            other_tab.submit(books_first).result(timeout=20)
        lock(ids)

    monkeypatch.setattr(holding, "lock_members", lock_after_the_booking)
    hold_follow_up(BEN, NINE, replacing=first)
    booked = find_by_token(first, NOW)
    assert (booked.status, booked.cancelled_at) == (Status.REQUESTED, None)


def test_a_time_that_is_held_twice_with_one_token_is_held_once(clinic: Clinic) -> None:
    clinic()
    token = new_token()
    assert hold_follow_up(CHO, TEN, token=token) == token
    assert hold_follow_up(CHO, TEN, token=token) == token
    assert len(db.session.scalars(select(Booking)).all()) == 1
    with pytest.raises(Taken):
        hold_follow_up(CHO, TEN, token=new_token())
    # Once it was let go of, its token isn't given a second time.
    again = hold_follow_up(CHO, TEN, token=token, replacing=token)
    assert again != token
    release(again, NOW)
    assert hold_follow_up(CHO, TEN, token=token) not in (token, again)


def test_a_hold_that_is_released_is_free_at_once_and_a_booking_is_not_released(
    clinic: Clinic,
) -> None:
    clinic()
    token = hold_follow_up(CHO, TEN)
    release(token, NOW)
    assert ("10:00", "Cho") in listed(board_of())

    token = hold_follow_up(CHO, TEN)
    book(token, LEE_TYPES, now=NOW)
    release(token, NOW)
    assert find_by_token(token, NOW).status is Status.REQUESTED


def test_a_form_sent_after_its_hold_ran_out_still_books_a_free_time(clinic: Clinic) -> None:
    clinic()
    token = hold_follow_up()
    book(token, LEE_TYPES, now=NOW + timedelta(hours=1))
    assert find_by_token(token, NOW).status is Status.REQUESTED


def test_a_form_sent_after_its_hold_ran_out_is_refused_where_the_time_went(clinic: Clinic) -> None:
    clinic()
    late = hold_follow_up()
    later = NOW + HOLD
    book(hold_follow_up(now=later), Contact("Kim", "kim@example.com"), now=later)
    with pytest.raises(Taken):
        book(late, LEE_TYPES, now=later)
    assert (count(Client), count(ClientPackage)) == (1, 1)


def test_a_time_that_was_let_go_of_is_booked_where_who_held_it_next_let_it_run_out(
    clinic: Clinic,
) -> None:
    clinic()
    first = hold_follow_up()
    release(first, NOW)
    hold_follow_up(CHO, TEN + timedelta(minutes=30))
    with pytest.raises(Taken):
        book(first, LEE_TYPES, now=NOW + HOLD - timedelta(seconds=1))
    book(first, LEE_TYPES, now=NOW + HOLD)
    assert find_by_token(first, NOW).status is Status.REQUESTED


def test_a_hold_that_ran_out_since_counts_neither_for_a_day_nor_for_a_week(clinic: Clinic) -> None:
    clinic(hours={CHO: [("09:00", "12:00")], ANA: [("09:00", "12:00")]})
    book(hold_follow_up(ANA, NINE), LEE_TYPES, now=NOW)
    own = db.session.scalars(select(ClientPackage.id)).one()
    hold_follow_up(CHO, NINE, offer=load_client_offer(own, NOW))
    later = NOW + timedelta(minutes=5)
    token = hold_follow_up(CHO, TEN, later, load_client_offer(own, later))
    with transaction() as session:
        session.execute(update(Member).where(Member.email == CHO).values(daily_cap=1))
        session.execute(update(ClientPackage).values(weekly_limit=2))
    with pytest.raises(Taken):
        book(token, LEE_TYPES, now=NOW + HOLD - timedelta(seconds=1))
    book(token, LEE_TYPES, now=NOW + HOLD)
    assert find_by_token(token, NOW).status is Status.REQUESTED


def test_a_held_time_keeps_its_promise_although_the_notice_has_passed(clinic: Clinic) -> None:
    clinic(practice={"min_notice_minutes": 25 * 60})
    token = hold_follow_up(CHO, TEN)
    book(token, LEE_TYPES, now=NOW + HOLD - timedelta(seconds=1))
    assert find_by_token(token, NOW).status is Status.REQUESTED


def test_sharing_that_was_taken_back_meanwhile_refuses_the_booking(clinic: Clinic) -> None:
    clinic()
    token = hold_follow_up(CHO)
    clinic(sharing="private")
    with pytest.raises(NotBookable):
        book(token, LEE_TYPES, now=NOW)
    assert count(Client) == 0


def test_scenario_18_a_made_up_time_inside_the_notice_or_past_the_horizon_is_refused(
    clinic: Clinic,
) -> None:
    clinic(practice={"min_notice_minutes": 24 * 60, "horizon_days": 60})
    too_soon = NOW + timedelta(hours=2)
    too_late = NINE + timedelta(days=62)
    between = TEN + timedelta(minutes=7)
    for start in (too_soon, too_late, between):
        with pytest.raises(Taken):
            hold_follow_up(CHO, start)
    offered = board_of().openings(date(2027, 3, 1), 90)
    assert offered[0].start == int((NOW + timedelta(hours=25)).timestamp())
    assert offered[-1].start < (NOW + timedelta(days=60)).timestamp()


def test_scenario_20_somebody_who_is_not_bookable_can_not_be_held_either(clinic: Clinic) -> None:
    clinic(enabled=False)
    assert [person.name for person in board_of().people] == ["Ana Ruiz"]
    with pytest.raises(NotBookable):
        hold_follow_up(BEN, TEN)


def test_scenario_21_three_sessions_with_three_people_and_a_fourth_is_refused(
    clinic: Clinic,
) -> None:
    clinic()
    token = hold_follow_up(ANA, NINE)
    book(token, LEE_TYPES, now=NOW)
    own = find_by_token(token, NOW).client_package
    assert own
    for who, start in ((BEN, TEN), (CHO, TEN + timedelta(hours=1))):
        book(hold_follow_up(who, start, offer=load_client_offer(own.id, NOW)), LEE_TYPES, now=NOW)

    left = {item.service.slug: item.left for item in load_client_offer(own.id, NOW).items}
    assert left == {"intake": 1, "follow-up": 0}
    with pytest.raises(NotBookable):
        hold_follow_up(ANA, TEN, offer=load_client_offer(own.id, NOW))
    assert count(ClientPackage) == 1


def test_a_known_address_changes_nothing_of_what_is_known(clinic: Clinic) -> None:
    clinic(clients=[lee(phone="555 0199")])
    book(hold_follow_up(), Contact("Somebody Else", LEE, "555 0100"), now=NOW)
    client = db.session.scalars(select(Client)).one()
    assert (client.name, client.phone) == ("Lee Park", "555 0199")
    assert client.accepted_at is not None


def test_a_deactivated_client_is_told_to_call_and_nothing_is_booked(clinic: Clinic) -> None:
    clinic(clients=[lee(active=False)])
    with pytest.raises(NotBookable, match="get in touch"):
        book(hold_follow_up(), LEE_TYPES, now=NOW)
    assert count(ClientPackage) == 0


def test_scenario_31_an_archived_package_takes_no_newcomers_but_lees_own_still_books(
    clinic: Clinic,
) -> None:
    clinic()
    token = hold_follow_up(ANA, NINE)
    book(token, LEE_TYPES, now=NOW)
    own = find_by_token(token, NOW).client_package
    assert own
    with transaction() as session:
        session.scalars(select(Package)).one().archived_at = NOW

    with pytest.raises(NotBookable):
        hold_follow_up(BEN, TEN)
    book(hold_follow_up(BEN, TEN, offer=load_client_offer(own.id, NOW)), LEE_TYPES, now=NOW)
    assert count(Booking) == 2


def test_an_invite_is_opened_by_holding_a_time_and_booked_by_the_booking(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = new_token()
    package = db.session.scalars(select(Package)).one()
    client = db.session.scalars(select(Client)).one()
    ana = db.session.get_one(Member, member_id(ANA))
    invite_to_book(package.id, client.id, "", token, ana, NOW)

    held = hold_follow_up(invite=token)
    later = NOW + timedelta(minutes=1)
    hold_follow_up(now=later, replacing=held, invite=token)
    invite = db.session.scalars(select(Invite)).one()
    assert invite.opened_at == NOW
    assert {booking.invite_id for booking in db.session.scalars(select(Booking))} == {invite.id}


def test_buffers_are_frozen_when_booked(clinic: Clinic) -> None:
    clinic(follow_up={"buffer_before": 5, "buffer_after": 10})
    token = hold_follow_up()
    book(token, LEE_TYPES, now=NOW)
    with transaction() as session:
        session.scalars(select(Service).where(Service.slug == "follow-up")).one().buffer_after = 0
    booking = find_by_token(token, NOW)
    assert booking.busy_start == TEN - timedelta(minutes=5)
    assert booking.busy_end == TEN + timedelta(minutes=70)


@pytest.mark.parametrize(
    ("typed", "language", "said"),
    [
        ("Zed", "en", "Booked as “Zed”"),
        ("Zed", "de", "Gebucht als „Zed“"),
        ("lee park", "en", ""),
    ],
)
def test_staff_are_told_of_another_name_than_the_clients(
    clinic: Clinic, typed: str, language: str, said: str
) -> None:
    clinic(clients=[lee()], practice={"language": language})
    token = hold_follow_up()
    book(token, Contact(typed, LEE), now=NOW)
    assert find_by_token(token, NOW).staff_note == said
    mails = {row.recipient: row for row in db.session.scalars(select(Message))}
    for text in (text_of(mails[CHO]), html_of(mails[CHO])):
        assert "Lee Park" in text
        assert ("Zed" in text) is bool(said)
        assert said in text
    # Whoever typed it isn't told that another name is known.
    assert "Zed" not in text_of(mails[LEE])


def test_nobody_is_booked_as_somebody_else_with_their_own_name(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    for email, name in (("kim@example.com", "Kim Doe"), (LEE, "")):
        token = hold_follow_up(BEN if name else CHO)
        book(token, Contact(name, email), now=NOW)
        assert find_by_token(token, NOW).staff_note == ""


def test_an_unknown_token_is_not_found(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(NotFound):
        book("no-such-token", LEE_TYPES, now=NOW)
