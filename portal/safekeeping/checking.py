"""Can a database be relied on? What `flask backup`, `restore` and `clinic move` look at."""

from sqlalchemy import Connection, inspect, text

from portal.db import Base
from portal.errors import WrongBackup
from portal.migrating import revision_of
from portal.queries.guard import try_to_overlap

NO_GUARD = "The guard against booking anybody twice is missing."

GUARD = {
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
"""What counts the parts of the guard, and how many there are, in every schema but the first."""

BEFORE_THE_GUARD = "0001"
"""The revision of the one schema that had no guard: the migration after it has made it."""

OVERLAPS = """
    SELECT count(*) FROM (
        SELECT busy_start, max(busy_end) OVER (
            PARTITION BY member_id ORDER BY busy_start, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS others_end
        FROM booking WHERE cancelled_at IS NULL{on_purpose}
    ) AS live
    WHERE busy_start < others_end
"""
"""As double_bookings() in queries/guard.py counts, also in a schema before the models'."""

OVERSPENT = """
    SELECT count(*) FROM (
        SELECT client_package_id FROM credit_entry
        GROUP BY client_package_id, service_id HAVING sum(amount) < 0
    ) AS overspent
"""
TAKEN_TWICE = """
    SELECT count(*) FROM (
        SELECT booking_id FROM credit_entry WHERE booking_id IS NOT NULL
        GROUP BY booking_id HAVING sum(amount) NOT IN (-1, 0)
    ) AS twice
"""


def lacks_guard(connection: Connection) -> bool:
    """True where a part of the guard is missing: two triggers, or the exclusion constraint.

    The first schema had none. Whether it works is tried where the schema is today's: see
    `require_sound`.
    """
    statement, parts = GUARD[connection.dialect.name]
    present = connection.execute(text(statement)).scalar_one()
    return present != parts and revision_of(connection) != BEFORE_THE_GUARD


def require_sound(connection: Connection) -> None:
    """Raise WrongBackup, with all faults, unless a database of today's schema can be used.

    The guard is tried, and all of that is rolled back.
    """
    faults = [f"{name} is missing." for name in lacks(connection)] or faults_of(connection)
    if not faults:
        trial = connection.begin_nested()
        accepted = try_to_overlap(connection)
        trial.rollback()
        faults = [f"The guard lets an {way} book somebody twice." for way in sorted(accepted)]
    if faults:
        raise WrongBackup("\n".join(["This database isn't sound.", *faults]))


def faults_of(connection: Connection) -> list[str]:
    """Everything that's wrong with a database that has a clinic's tables, a sentence each.

    SQLite reads every page, index and reference again; PostgreSQL looks after those by itself.
    """
    faults = _faults_of_file(connection) if connection.dialect.name == "sqlite" else []
    if faults:
        # What a damaged file says of its bookings means nothing.
        return faults
    if lacks_guard(connection):
        faults.append(NO_GUARD)
    on_purpose = ""
    if "overbooked_at" in {c["name"] for c in inspect(connection).get_columns("booking")}:
        on_purpose = " AND overbooked_at IS NULL"
    overlaps = OVERLAPS.format(on_purpose=on_purpose)
    for query, sentence in (
        (overlaps, "{} live sessions overlap another one of their practitioner."),
        (OVERSPENT, "{} balances of credits are below zero."),
        (TAKEN_TWICE, "{} sessions have a number of credits that can't be."),
    ):
        if found := connection.scalar(text(query)):
            faults.append(sentence.format(found))
    return faults


def lacks(connection: Connection) -> list[str]:
    """The tables and columns of the models that a database doesn't have, as table.column."""
    found = inspect(connection)
    present = {name: found.get_columns(name) for name in found.get_table_names()}
    return [
        str(column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name not in {c["name"] for c in present.get(table.name, [])}
    ]


def _faults_of_file(connection: Connection) -> list[str]:
    damage = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(5)")]
    faults = [f"The file is damaged: {line}" for line in damage if line != "ok"]
    if not faults:
        astray = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        tables = sorted({row[0] for row in astray})
        faults += [f"Rows of {name} refer to rows that aren't there." for name in tables]
    return faults
