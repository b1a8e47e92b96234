"""What the practice has set up is read again only when somebody has set something up since.

Services, packages, the team and its hours change a few times a day, and every page and every
booking needs them. The database keeps a mark, which its triggers change with any of them: who finds
the mark that was there when it was read knows that it's still the same. So nothing is ever used
that a reading of the database wouldn't give, on both engines, and whichever process has changed it.
A process that finds such a trigger missing keeps nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence, Sized
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary, ref

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.orm import Session

from portal import unchanged as of_connection
from portal.db import db
from portal.models import SetUpMark
from portal.plain_rows import connection_of, plain_rows
from portal.reading import LEAVES_SET_UP, WRITES
from portal.unchanged import MOST, unchanged

KEPT = 256
"""Answers: all about fifty packages, and about each of a hundred people."""

TRIGGERS = {
    "sqlite": (
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%set_up_mark%'"
    ),
    "postgresql": (
        "SELECT count(*) FROM pg_trigger "
        "WHERE tgfoid = to_regproc('change_set_up_mark') AND tgenabled IN ('O', 'A')"
    ),
}
"""What counts the triggers that change the mark and are on."""

WAYS = {"sqlite": 3 * 15, "postgresql": 4 * 15}
"""How many there are: in each of the tables rows come, go and change; PostgreSQL can TRUNCATE."""

_MARK = select(SetUpMark.mark)
_KNOWN = "portal_set_up_mark"

MARK = _MARK.scalar_subquery()
"""A column for what's read before something that is set up is asked for: see `note_mark`."""

T = TypeVar("T", bound=Sized)

_lock = Lock()


@dataclass(slots=True)
class _Memory:
    """Of a database: the answers, each with the mark that was there when it was read.

    `is_told` of all changes or not; None as long as nobody has looked.
    """

    answers: "OrderedDict[Any, tuple[str, Any]]" = field(default_factory=OrderedDict)
    is_told: bool | None = None


_kept: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()


def as_set_up(read: Callable[..., T], *asked: Hashable) -> T:
    """What `read(*asked)` gives, from memory where nothing was set up since.

    `read` is a function of what it's asked and of the tables whose triggers change the mark (see
    the migration 0015), and of nothing else: not of the time, the language or the visitor. What it
    gives is given to others too, so nobody may change it.

    Within one transaction it's all as set up when it was first asked for: an act asks after it has
    locked what it decides about. An act that may set something up itself always reads.
    """
    session = db.session()
    if session.info.get(WRITES) and not session.info.get(LEAVES_SET_UP):
        return read(*asked)
    memory, key = _memory(), (read, *asked)
    if memory.is_told is None:
        memory.is_told = not lacks_triggers(connection_of(session))
    mark = _mark(session) if memory.is_told else None
    of, found = memory.answers.get(key, (None, None))
    if mark is None or of != mark:
        found = read(*asked)
        if mark is not None and len(cast("Sized", found)) <= MOST:
            _keep(memory.answers, key, mark, found)
    return cast("T", found)


def note_mark(mark: str | None) -> None:
    """Go by this mark, which the transaction has just read with something else."""
    session = db.session()
    if (transaction := session.get_transaction()) is not None:
        session.info[_KNOWN] = ref(transaction), mark


def forget() -> None:
    """Read everything anew the next time: for whoever measures how long that takes."""
    _memory().answers.clear()
    db.session().info.pop(_KNOWN, None)
    of_connection.forget()


def _mark(session: Session) -> str | None:
    """The mark as this transaction has seen it first; None where nothing was ever set up."""
    connection_of(session)
    transaction = session.get_transaction()
    known, mark = session.info.get(_KNOWN, (None, None))
    if known is None or known() is not transaction:
        rows = unchanged(_read_mark)
        mark = rows[0][0] if rows else None
        note_mark(mark)
    return cast("str | None", mark)


def _read_mark() -> Sequence[Any]:
    return plain_rows(_MARK)


def lacks_triggers(connection: Connection) -> bool:
    """Say whether the mark isn't changed by all that should change it; False where there's none."""
    if not inspect(connection).has_table(SetUpMark.__tablename__):
        return False
    engine = connection.dialect.name
    return bool(connection.execute(text(TRIGGERS[engine])).scalar_one() != WAYS[engine])


def _memory() -> _Memory:
    with _lock:
        return _kept.setdefault(db.engine, _Memory())


def _keep(answers: "OrderedDict[Any, tuple[str, Any]]", key: Any, mark: str, found: Any) -> None:
    """Keep an answer; the one that was read first goes where there are too many."""
    with _lock:
        answers[key] = mark, found
        answers.move_to_end(key)
        while len(answers) > KEPT:
            answers.popitem(last=False)
