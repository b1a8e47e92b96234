"""Years of sessions that are over, written by the database itself: a million take a few seconds."""

from sqlalchemy import Connection, text

from benchmarks.databases import ids
from benchmarks.diary import Diary

HOUR = 3600  # seconds: a session of half an hour begins in each
GUARD = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name LIKE 'booking_overlap%'",
    "postgresql": "SELECT conname, '' FROM pg_constraint WHERE conname = 'booking_overlap'",
}
NUMBERS = {
    "sqlite": "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < :each)",
    "postgresql": "WITH n (k) AS (SELECT * FROM generate_series(1, :each))",
}
UID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()::text"}
SESSIONS = """
    INSERT INTO booking (member_id, service_id, client_id, delivery, note, staff_note, uid,
        cancel_reason, starts_at, ends_at, busy_start, busy_end, created_at, confirmed_at,
        completed_at)
    {numbers}
    SELECT m.id, :service, :client + (k * 7919 + m.id) % :clients, 'in_person', '', '', {uid},
        '', :before - k * 3600, :before - k * 3600 + 1800, :before - k * 3600,
        :before - k * 3600 + 1800, :before - k * 3600, :before - k * 3600,
        :before - k * 3600 + 1800
    FROM member m, n
"""


def add_history(connection: Connection, diary: Diary, sessions: int, clients: int = 1) -> None:
    """Write so many sessions before the diary's first day, spread over all its people.

    The guard, which no query uses, is taken away for it. It's put back only where that's quick: on
    PostgreSQL an index of a million rows would be made.
    """
    members, service, client = ids(connection)
    engine = connection.dialect.name
    guard = connection.execute(text(GUARD[engine])).all()
    for name, _ in guard:
        connection.execute(text(_drop(engine, name)))
    statement = SESSIONS.format(
        numbers=NUMBERS[engine],
        uid=UID[engine],
    )
    first = int(min(start for person in diary.people for start, _ in person.busy).timestamp())
    asked = {
        "each": sessions // len(members),
        "service": service,
        "client": client,
        "clients": clients,
        "before": first - first % HOUR - HOUR,
    }
    connection.execute(text(statement), asked)
    if engine == "sqlite":
        for _, made in guard:
            connection.exec_driver_sql(made)


def _drop(engine: str, name: str) -> str:
    if engine == "sqlite":
        return f"DROP TRIGGER {name}"
    return f"ALTER TABLE booking DROP CONSTRAINT {name}"
