"""The only place in the project that commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.orm import Session, scoped_session

from portal.db import LOSABLE, db, one_writer_at_a_time
from portal.plain_rows import connection_of
from portal.reading import LEAVES_SET_UP, WRITES


@contextmanager
def transaction(*, leaves_set_up: bool = False) -> Iterator[scoped_session[Session]]:
    """One act: everything written inside is committed together, or nothing is.

    What was read before is read again inside, so that an act decides on what is true under its
    own lock. On SQLite the write lock is taken at once; on PostgreSQL the act locks the rows
    that it decides about. Raises whatever the act raises, after rolling back.

    One that `leaves_set_up` changes nothing of what portal/as_set_up.py reads, and can take it from
    there.
    """
    # This request's own, asked for once: what everybody is given looks for it each time.
    session = db.session()
    _require_none_under_way(session)
    session.rollback()
    with one_writer_at_a_time(db.engine):
        session.info.update({WRITES: True, LEAVES_SET_UP: leaves_set_up})
        try:
            connection_of(session, {WRITES: True, LOSABLE: False})
            yield cast("scoped_session[Session]", db.session)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop(WRITES, None)
            session.info.pop(LEAVES_SET_UP, None)


@contextmanager
def losable_transaction() -> Iterator[Connection]:
    """An act that doesn't wait for the disk: few plain statements, run on the connection it gives.

    What they wrote is seen by everybody at once and outlives any process, but a power cut may undo
    it. Nothing that anybody was told of is. On PostgreSQL each statement is committed by itself,
    and has NOT_WAITING in what it returns: to begin, to say so and to commit takes three more.
    """
    session = db.session()
    _require_none_under_way(session)
    if db.engine.dialect.name == "postgresql":
        yield connection_of(session)
        return
    session.rollback()
    with one_writer_at_a_time(db.engine), db.engine.connect() as connection:
        losable = connection.execution_options(**{WRITES: True, LOSABLE: True})
        with losable.begin():
            yield losable


def _require_none_under_way(session: Session) -> None:
    if session.info.get(WRITES):
        raise RuntimeError("an act is already under way: acts don't nest")


def one_act_at_a_time() -> bool:
    """Say whether acts wait for each other anyway, as on SQLite: then they lock no rows."""
    return bool(db.engine.dialect.name == "sqlite")


def is_under_way() -> bool:
    """Say whether an act is under way: what it reads and then changes has to be locked."""
    return bool(db.session.info.get(WRITES))


@contextmanager
def joined_transaction() -> Iterator[scoped_session[Session]]:
    """The act that is under way, or an act of its own: for what an extension calls inside of both.

    Everything else knows whether it's an act, and uses `transaction`.
    """
    if is_under_way():
        yield cast("scoped_session[Session]", db.session)
    else:
        with transaction() as session:
            yield session
