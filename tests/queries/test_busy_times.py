"""Busy times are read as far as somebody looks: what is read twice counts once."""

from datetime import date

from flask import Flask

from portal import clinic_file
from portal.queries.offers import load_offer
from portal.queries.openings import Board, load_board
from tests.clinics import ANA, LEE, NOW, lee, reset_clinic

MONDAY, TUESDAY, THURSDAY = (date(2027, 3, day) for day in (1, 2, 4))
FAR = date(2027, 4, 13)


def board() -> Board:
    offer = load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    return load_board(offer, item.service, NOW)


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
