"""A client of the self-test: a process that goes for one opening after the other."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Barrier

from sqlalchemy.orm import configure_mappers

# Named here although create_app imports them: the processes are forked from one that has them.
from portal import mail, web
from portal.actions import booking as booking_act
from portal.actions import holding as holding_act
from portal.db import db
from portal.errors import Taken
from portal.queries.offers import Item, Offer, load_offer
from portal.queries.openings import load_board
from portal.selftest.processes import PATIENCE_SECONDS
from portal.selftest.scratch import scratch_app
from portal.selftest.stage import NAME, Stage

PARTS = (mail, web)
configure_mappers()


@dataclass(slots=True)
class Outcome:
    """What became of a client's tries: booked, told that the time is gone, or an error each."""

    booked: int = 0
    told: int = 0
    errors: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds


def go(
    url: str,
    stage: Stage,
    openings: Sequence[int],
    number: int,
    trusting: bool,
    barrier: Barrier,
) -> Outcome:
    """Hold and book a time at each of the openings, at the same moment as everybody else.

    A trusting client looks whether the time is free before anybody has it, and never again: then
    the database's own guard alone is left to keep two of them apart.
    """
    outcome, app = Outcome(), scratch_app(url)
    if trusting:
        # In this process alone. It is what a program would do that checks and then writes.
        holding_act.require_opening = booking_act.require_opening = _believe  # type: ignore[assignment]
    with app.app_context():
        for opening in openings:
            offer = load_offer(NAME, stage.now)
            item = offer.items[0]
            if trusting:
                _look(offer, item, stage, opening, number)
            db.session.rollback()
            barrier.wait(PATIENCE_SECONDS)
            _try(offer, item, stage, opening, number, outcome)
        db.session.remove()
        db.engine.dispose()
    return outcome


def _try(
    offer: Offer, item: Item, stage: Stage, opening: int, number: int, outcome: Outcome
) -> None:
    began = time.perf_counter()
    try:
        token = holding_act.hold(
            offer,
            service_id=item.service.id,
            method="in_person",
            member_id=stage.member_id,
            start=stage.start(opening, number),
            now=stage.now,
        )
        contact = booking_act.Contact("Self-test", f"{NAME}-{opening}-{number}@invalid")
        booking_act.book(token, contact, now=stage.now)
        outcome.booked += 1
    except Taken:
        outcome.told += 1
    except Exception as error:  # whatever it is, it's counted
        outcome.errors.append(f"{type(error).__name__}: {error}")
    outcome.slowest = max(outcome.slowest, time.perf_counter() - began)


def _look(offer: Offer, item: Item, stage: Stage, opening: int, number: int) -> None:
    start = stage.start(opening, number)
    board = load_board(offer, item.service, stage.now, around=start)
    if not board.is_open(stage.member_id, start, "in_person"):
        raise RuntimeError(f"{start} should have been an opening")


def _believe(*_: object) -> None:
    """Take it that the time is still free."""
