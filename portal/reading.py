"""The session that pages and acts share: outside of acts it reads, and nothing else."""

from functools import cache
from typing import Any

from flask_sqlalchemy.session import Session
from sqlalchemy import Connection, Engine, event

WRITES = "portal_writes"
"""What a session's info, and an option of its connection, say while an act is under way."""


LEAVES_SET_UP = "portal_leaves_set_up"
"""What a session's info says during an act that changes nothing that the practice has set up."""


class ReadingSession(Session):
    """A session that writes nothing but what belongs to an act: see portal/transaction.py.

    On PostgreSQL what is read outside of acts has no transaction around it. Each statement sees
    what is committed by then, as it would inside of one (READ COMMITTED); but nothing has to be
    begun and rolled back, and the driver keeps the statements that it has prepared. It gives them
    up at every ROLLBACK, and to plan a statement anew takes PostgreSQL twice as long as to run it.
    """

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        """What the session's statements run on: another kind of connection outside of acts."""
        bind = super().get_bind(*args, **kwargs)
        if isinstance(bind, Engine) and not self.info.get(WRITES):
            return _for_reading(bind)
        return bind


@event.listens_for(ReadingSession, "before_flush")
def _refuse_outside_of_acts(session: ReadingSession, *_: Any) -> None:
    """What was changed where nothing is to be written is a mistake of ours, and isn't stored."""
    if not session.info.get(WRITES):
        raise RuntimeError("only an act writes: see portal/transaction.py")


@cache
def _for_reading(engine: Engine) -> Engine:
    """The same engine, whose connections begin no transaction on PostgreSQL."""
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")
