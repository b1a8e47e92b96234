"""Is the database's guard against booking anybody twice there? See migrations/."""

from sqlalchemy import text

from portal.db import db

OVERLAP = "booking_overlap"
"""What the guard calls itself when it refuses a row."""

_PARTS = {
    "sqlite": (
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'booking' "
        "AND name IN ('booking_overlap_insert', 'booking_overlap_update')",
        2,
    ),
    "postgresql": (
        "SELECT count(*) FROM pg_constraint WHERE conname = 'booking_overlap' "
        "AND contype = 'x' AND convalidated AND conrelid = 'booking'::regclass",
        1,
    ),
}


def guard_is_there() -> bool:
    """True where every part of the guard exists: two triggers, or the exclusion constraint."""
    statement, parts = _PARTS[db.engine.dialect.name]
    return db.session.execute(text(statement)).scalar_one() == parts
