"""The site as it would be if it looked first and wrote then, with no lock in between.

A test serves this to show that the race which finds nobody booked twice would find it. A clinic's
site is app.py.
"""

import time
from datetime import datetime
from typing import Any

from portal import create_app
from portal.actions import booking, holding
from portal.actions.guard import require_opening
from portal.db import db
from portal.queries.offers import Offer
from portal.queries.openings import load_board
from portal.web.public import booking_page

A_MOMENT = 0.05
"""Seconds between looking and writing, such as a busy machine makes them."""


def hold_without_lock(
    offer: Offer, *, service_id: int, member_id: int, start: datetime, now: datetime, **more: Any
) -> str:
    """Hold a time that was free when it was looked at."""
    item = offer.item(service_id)
    assert item
    require_opening(load_board(offer, item.service, now), member_id, start, more["method"])
    db.session.rollback()
    time.sleep(A_MOMENT)
    return holding.hold(
        offer, service_id=service_id, member_id=member_id, start=start, now=now, **more
    )


def _nothing(*_any: object) -> None:
    pass


for act in (booking, holding):
    act.lock_members = act.require_opening = _nothing  # type: ignore[attr-defined]
booking_page.hold = hold_without_lock
app = create_app()
