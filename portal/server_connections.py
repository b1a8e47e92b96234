"""Connections to PostgreSQL: how the server is to answer, and whether they're still there."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

QUIET = 1.0
"""Seconds. A server that starts again takes longer, and a request uses its connection three times,
so asking each time, as SQLAlchemy can by itself, would be a tenth of what a booking asks."""

_USED_AT = "portal_used_at"


def prepare(engine: Engine) -> None:
    """See to all of this for the connections that the engine makes and keeps."""
    _compile_nothing(engine)
    _ask_the_quiet(engine)


def _compile_nothing(engine: Engine) -> None:
    """Have the server run plans as they are, and not make machine code of them first.

    It does where it expects a statement to be long, and takes a quarter of a second for it. What
    pages ask for is expected to be far longer than it is: whose client somebody is, say, if there
    were no index to tell.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET jit = off")
        connection.autocommit = False


def _ask_the_quiet(engine: Engine) -> None:
    """Ask each connection of the engine's pool that wasn't used lately, before it's used again.

    One that is gone is replaced, with all that were made before. So whoever comes first after the
    server was away finds it as it should be.
    """

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        present = time.monotonic()
        if present - record.info.get(_USED_AT, present) < QUIET:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
