"""Busy times are read as far as somebody looks: what is read twice counts once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from portal import clinic_file
from portal.models import Booking
from portal.queries.offers import load_offer
from portal.queries.openings import Board, load_board
from portal.scheduling.openings import Opening
from portal.transaction import transaction
from tests.clinics import ANA, LEE, NOW, lee, reset_clinic

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2027, 3, day) for day in (1, 2, 3, 4))
FAR = date(2027, 4, 13)


def board(now: datetime = NOW) -> Board:
    offer = load_offer("reset", now)
    item = offer.item("follow-up")
    assert item
    return load_board(offer, item.service, now)


def load_a_clinic_with_a_cap_of_two() -> None:
    """Ana takes two sessions a day, and has one on Tuesday."""
    session = {
        "client": LEE,
        "practitioner": ANA,
        "service": "follow-up",
        "delivery": "in_person",
        "start": f"{TUESDAY}T09:00:00-05:00",
        "status": "confirmed",
        "package": None,
    }
    document = reset_clinic(clients=[lee()], bookings=[session], enabled=False)
    document["team"][0]["daily_cap"] = 2
    clinic_file.load(document, NOW)


def test_a_session_that_is_read_twice_counts_once_for_a_cap(app: Flask) -> None:
    with app.app_context():
        load_a_clinic_with_a_cap_of_two()
        expected = board().openings(TUESDAY, 1)
        assert expected
        looked_around = board()
        for day in (MONDAY, THURSDAY):
            looked_around.openings(day, 1)
        assert looked_around.openings(TUESDAY, 1) == expected


SESSIONS = {
    "until midnight": ("2027-03-01T23:00+00:00", ("00:30", "23:00")),
    "from midnight": ("2027-03-03T00:00+00:00", ("00:00", "22:30")),
}


@pytest.mark.parametrize(("session", "expected"), SESSIONS.values(), ids=SESSIONS)
def test_a_session_of_another_date_is_in_the_way_by_buffers(
    app: Flask, session: str, expected: tuple[str, str]
) -> None:
    """The session that is looked for takes an hour, and half an hour before and after it."""
    with app.app_context():
        clinic_file.load(around_midnight(session), NOW)
        assert first_and_last(board().openings(TUESDAY, 1)) == expected


def test_a_cap_counts_the_whole_date_of_whoever_has_it(app: Flask) -> None:
    """Ana's Tuesday lasts until eleven on Wednesday by UTC, and began with her one session."""
    with app.app_context():
        document = around_midnight("2027-03-02T11:00+00:00")
        document["team"][0] |= {"daily_cap": 1, "timezone": "Pacific/Pago_Pago"}
        document["services"][1] |= {"buffer_before": 0, "buffer_after": 0}
        clinic_file.load(document, NOW)
        assert first_and_last(board().openings(WEDNESDAY, 1)) == ("11:00", "23:45")


def first_and_last(openings: list[Opening]) -> tuple[str, str]:
    first, *_, last = [datetime.fromtimestamp(opening.start, UTC) for opening in openings]
    return f"{first:%H:%M}", f"{last:%H:%M}"


def around_midnight(session: str) -> dict[str, Any]:
    """Ana works around the clock in UTC, and has one session, which has no buffers."""
    booked = {
        "client": LEE,
        "practitioner": ANA,
        "service": "intake",
        "delivery": "in_person",
        "start": session,
        "status": "confirmed",
        "package": None,
    }
    return reset_clinic(
        clients=[lee()],
        bookings=[booked],
        enabled=False,
        practice={"timezone": "UTC"},
        follow_up={"buffer_before": 30, "buffer_after": 30},
        hours={ANA: [("00:00", "24:00")]},
    )


def test_the_earliest_beside_another_week_is_the_earliest_of_all(app: Flask) -> None:
    with app.app_context():
        load_a_clinic_with_a_cap_of_two()
        assert board().openings_and_earliest(FAR, 7) == (
            board().openings(FAR, 7),
            board().openings(MONDAY, 60)[0],
        )


def test_what_was_looked_at_first_changes_no_answer(app: Flask) -> None:
    with app.app_context():
        load_a_clinic_with_a_cap_of_two()
        all_at_once = board().openings(MONDAY, 60)
        day_by_day = board()
        pieces = [
            day_by_day.openings(date.fromordinal(MONDAY.toordinal() + n), 1) for n in range(60)
        ]
        assert [opening for piece in pieces for opening in piece] == all_at_once


def test_the_present_moves_on_through_what_is_kept(app: Flask) -> None:
    """Nothing changes but the time: each time what is too soon by then is offered no more."""
    with app.app_context():
        load_a_clinic_with_a_cap_of_two()
        week = board().openings(MONDAY, 7)
        for hours in (30, 42, 43, 44, 90):
            moment = NOW + timedelta(hours=hours)
            first = board(moment).bounds().notice
            left = [opening for opening in week if opening.start >= first]
            assert board(moment).openings(MONDAY, 7) == left
            assert board(moment).earliest() == (left or [None])[0]
        assert 0 < len(left) < len(week)


def test_a_hold_runs_out_by_the_time_alone(app: Flask) -> None:
    with app.app_context():
        load_a_clinic_with_a_cap_of_two()
        before = board().openings(TUESDAY, 1)
        opening = before[-1]
        until = NOW + timedelta(minutes=10)
        start, end = (datetime.fromtimestamp(at, UTC) for at in (opening.start, opening.end))
        with transaction() as session:
            session.add(
                Booking(
                    member_id=opening.member_id,
                    service_id=board().service.id,
                    delivery="in_person",
                    starts_at=start,
                    ends_at=end,
                    busy_start=start,
                    busy_end=end,
                    created_at=NOW,
                    held_until=until,
                )
            )
        just_before = until - timedelta(seconds=1)
        assert board(just_before).openings(TUESDAY, 1) == []
        assert board(until).openings(TUESDAY, 1) == before
        assert board(just_before).openings(TUESDAY, 1) == [], "asked for again"
