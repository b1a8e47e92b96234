"""Whoever acts from an old page acts on the session that they saw, or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.actions.cancelling import Seen, cancel
from portal.actions.moving import move, transfer
from portal.actions.requests import accept, decline
from portal.actions.rescheduling import reschedule
from portal.db import db
from portal.errors import Changed
from portal.models import Activity, Booking, CreditEntry, Message
from tests.actions.sessions import NINE, TEN, book_follow_up, member
from tests.clinics import ANA, BEN, CHO, NOW

Clinic = Callable[..., None]
LATER = TEN + timedelta(hours=1)


def do(act: str, seen: Seen | None) -> None:
    """Ana does it, with what she saw."""
    by = member(ANA)
    to: dict[str, Any] = {"member_id": by.id, "start": NINE, "method": "in_person"}
    {
        "cancel": lambda: cancel(1, "Ben is ill.", by, NOW, seen=seen),
        "accept": lambda: accept(1, by, NOW, seen=seen),
        "decline": lambda: decline(1, "", by, NOW, seen=seen),
        "transfer": lambda: transfer(1, by.id, by, NOW, seen=seen),
        "move": lambda: move(1, **to, confirmed=frozenset(), by=by, now=NOW, seen=seen),
    }[act]()


def everything() -> list[Any]:
    tables = (Booking.__table__, CreditEntry.__table__, Message.__table__, Activity.__table__)
    return [db.session.execute(select(table)).all() for table in tables]


@pytest.mark.parametrize("act", ["cancel", "accept", "decline", "transfer", "move"])
def test_what_was_moved_meanwhile_is_left_alone(clinic: Clinic, act: str) -> None:
    clinic()
    ben, cho = member(BEN).id, member(CHO).id
    book_follow_up(BEN, TEN)
    seen = Seen(ben, TEN)
    reschedule(1, member_id=ben, start=LATER, method="in_person", now=NOW)
    before = everything()
    where = "on Tuesday, March 2, 2027 at 11:00 with Ben Okafor. Please look at it again"
    with pytest.raises(Changed, match=where):
        do(act, seen)
    reschedule(1, member_id=cho, start=TEN, method="in_person", now=NOW)
    assert everything() != before
    before = everything()
    with pytest.raises(Changed, match="at 10:00 with Cho Park"):
        do(act, seen)
    assert everything() == before
    do(act, Seen(cho, TEN))
    assert everything() != before
