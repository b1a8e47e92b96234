"""What a supervisor asks: is the process up, and can it serve?"""

from collections.abc import Callable
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, make_response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.config import ROOT
from portal.db import db
from portal.queries.guard import guard_is_there
from portal.web.access import anyone, open_to

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to(anyone)
def alive() -> Response:
    """The process answers."""
    return _plain("ok", 200)


@blueprint.get("/readyz")
@open_to(anyone)
def ready() -> Response:
    """The process can serve: 200, or 503 with a line for each fault."""
    faults = [fault for check in CHECKS if (fault := check())]
    return _plain("\n".join(faults) or "ready", 503 if faults else 200)


def _database_answers() -> str | None:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return "database: no answer"
    return None


def _schema_is_at_head() -> str | None:
    """Say what's wrong unless the last migration that the code knows has run."""
    wanted = _newest()
    try:
        found = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    except SQLAlchemyError:
        db.session.rollback()
        return "schema: can't be read"
    return None if found == wanted else f"schema: at {sorted(found)}, not at {sorted(wanted)}"


@cache
def _newest() -> set[str]:
    return set(ScriptDirectory(ROOT / "migrations").get_heads())


def _nobody_can_be_booked_twice() -> str | None:
    """Say so when the database would accept two overlapping bookings of one practitioner."""
    try:
        there = guard_is_there()
    except SQLAlchemyError:
        db.session.rollback()
        return "guard: can't be read"
    return None if there else "guard: the database would let a practitioner be booked twice"


CHECKS: tuple[Callable[[], str | None], ...] = (
    _database_answers,
    _schema_is_at_head,
    _nobody_can_be_booked_twice,
)


def _plain(words: str, status: int) -> Response:
    answer = make_response(f"{words}\n", status)
    answer.mimetype = "text/plain"
    return answer
