"""An act decides about one member, and reads no more than it takes: the answer is the same."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from portal import clinic_file
from portal.actions.booking import Contact, book
from portal.actions.guard import require_opening
from portal.actions.holding import hold
from portal.db import db
from portal.errors import NotBookable
from portal.queries.offers import load_offer
from portal.queries.openings import Board, load_board
from tests.clinics import BEN, LEE, NOW, lee, reset_clinic

MONDAY = NOW.date()
OF_A_MEMBER = re.compile(
    r"FROM (weekly_hours|date_override|booking)\b.*?\bmember_id IN \(", re.DOTALL
)


def load_the_clinic() -> None:
    """Ben has a session on Monday, Cho isn't included, and Dee isn't a practitioner."""
    session = {
        "client": LEE,
        "practitioner": BEN,
        "service": "follow-up",
        "delivery": "in_person",
        "start": "2027-03-01T10:00:00-05:00",
        "status": "confirmed",
        "package": None,
    }
    document = reset_clinic(clients=[lee()], bookings=[session], allow="members", restrict_to=[BEN])
    document["team"][1] |= {"daily_cap": 2, "timezone": "Pacific/Kiritimati"}
    document["availability"][0]["time_off"] = [
        {"from": "2027-03-01T09:00-05:00", "to": "2027-03-01T09:30-05:00"}
    ]
    clinic_file.load(document, NOW)


def board(only: int | None = None) -> Board:
    offer = load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    return load_board(offer, item.service, NOW, only=only)


def test_a_board_about_one_member_says_what_the_whole_one_does(app: Flask) -> None:
    with app.app_context():
        load_the_clinic()
        whole, found = board(), 0
        for person, reason in whole.verdicts:
            alone = board(person.id)
            assert alone.verdicts == [(person, reason)]
            openings = whole.openings(MONDAY, 14, None, person.id)
            assert alone.openings(MONDAY, 14) == openings
            found += bool(openings)
            for opening in openings[:1]:
                start = datetime.fromtimestamp(opening.start, UTC)
                assert board(person.id).is_open(person.id, start, "in_person")
        assert found == 2


def test_nobody_can_be_booked_who_is_not_there(app: Flask) -> None:
    with app.app_context():
        load_the_clinic()
        nobody = board(10**6)
        assert nobody.verdicts == []
        with pytest.raises(NotBookable):
            require_opening(nobody, 10**6, NOW, "in_person")


def test_to_hold_and_to_book_a_time_nobody_elses_is_read(app: Flask) -> None:
    asked: list[tuple[str, Any]] = []
    with app.test_request_context():
        load_the_clinic()
        opening = board().openings(MONDAY, 7)[0]
        start = datetime.fromtimestamp(opening.start, UTC)
        service = board().service.id
        note = lambda _c, _u, sql, values, *_: asked.append((sql, values))  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        token = hold(
            load_offer("reset", NOW),
            service_id=service,
            method="in_person",
            member_id=opening.member_id,
            start=start,
            now=NOW,
        )
        book(token, Contact("Kim", "kim@example.com"), now=NOW)
        event.remove(db.engine, "before_cursor_execute", note)
    lists = [members_asked_for(sql) for sql, _ in asked if OF_A_MEMBER.search(sql)]
    # Within the query for hours, those of single dates have a list of their own.
    assert len(lists) == 4, "holds that ran out and hours to hold, and sessions to hold and to book"
    assert lists == [1] * 4


def members_asked_for(sql: str) -> int:
    """How many values the first list of members in the statement has."""
    found = OF_A_MEMBER.search(sql)
    assert found
    listed = sql[found.end() :]
    depth = 1
    for at, character in enumerate(listed):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return listed[:at].count(",") + 1
    raise AssertionError(sql)
