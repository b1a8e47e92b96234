"""Statements as the database's driver runs them, for what everybody waits for.

These are the pages of the booking flow, and the acts that hold and book a time: on SQLite whoever
comes next waits until they're done. SQLAlchemy makes the statement and knows what the types are:
that is done once. Its own way of running one takes several times as long as the database needs to
answer.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import ref

from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.db import db

_CONNECTION = "portal_connection"
_NONE: Any = (lambda: None, None)
REMEMBERED = 256  # statements, one for each number of values in a list that is asked for


def plain_rows(
    statement: Any, asked: Mapping[str, Any] | None = None, *, on: Connection | None = None
) -> Sequence[Any]:
    """The rows of a query for columns as tuples, in the session's own transaction, or `on` another.

    Or of what changes rows and returns some of them; nothing of one that returns none. What an act
    has changed so far is written before, as it is for every other query. The statement is one that
    is made once and kept: what was worked out about it is too. Raises what SQLAlchemy would.
    """
    return _run(statement, asked or {}, on=on)[1]


def plain_insert(statement: Any, row: Mapping[str, Any]) -> Any:
    """Add the row by its model's names of columns; returns what the statement's RETURNING names.

    The model's defaults are used for what the row leaves out. The statement is `insert(Model)`,
    made once, and returns one column or nothing that counts.
    """
    rows = _run(statement, row, tuple(row))[1]
    return rows[0][0] if rows else None


def plain_inserts(
    statement: Any,
    rows: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any] | None = None,
    *,
    on: Connection | None = None,
) -> Sequence[Any]:
    """Add the rows in their order, by one statement; without any there's nothing to do.

    They have the same names of columns, and no default that follows from the rest of its row. What
    else the statement asks for is `asked`. Returns what its RETURNING names, in whatever order.
    """
    if not rows:
        return ()
    columns = tuple(rows[0])
    listed = {name: [row[name] for row in rows] for name in columns}
    return _run(statement, {**listed, **(asked or {})}, columns, len(rows), on)[1]


def named_rows(statement: Any, asked: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """The same, and each row has its columns by name as well."""
    prepared, rows = _run(statement, asked or {})
    return [prepared.named(row) for row in rows]


class Part:
    """One table's columns in a row that has several tables', each with its table's name before."""

    __slots__ = ("_prefix", "_row")

    def __init__(self, row: Any, table: str) -> None:
        self._row, self._prefix = row, f"{table}_"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, self._prefix + name)


class _Prepared:
    """A statement as the driver takes it, and how its values and its rows are converted."""

    def __init__(
        self,
        statement: Any,
        dialect: Dialect,
        sizes: tuple[tuple[str, int], ...],
        columns: tuple[str, ...] | None,
        rows: int | None,
    ) -> None:
        if rows is not None:
            each = [{name: _Place(name, at) for name in columns or ()} for at in range(rows)]
            statement, columns = statement.values(each), None
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        # What stands in the places of values tells where each of them goes.
        places: dict[str, Any] = {
            name: _Place(name) if value is None or name in (columns or ()) else value
            for name, value in compiled.params.items()
        }
        places |= {name: [_Place(name, at) for at in range(size)] for name, size in sizes}
        places |= {column.key: _default(column.default) for column in compiled.insert_prefetch}
        made = compiled.construct_expanded_state(places)
        self.sql = made.statement
        self._by_name = made.positiontup is None
        # Those of lists are with what the lists became.
        converters = {name: _converter(bind.type, dialect) for name, bind in compiled.binds.items()}
        converters |= made.processors
        self._names = tuple(made.positiontup or made.parameters)
        values = [(made.parameters[name], converters.get(name)) for name in self._names]
        # What is the same each time is converted here, and the rest told apart: most are names.
        self._fixed = [
            convert(value) if convert and not isinstance(value, _Place | _Made) else value
            for value, convert in values
        ]
        self._asked = [
            (at, place.name, convert)
            for at, (place, convert) in enumerate(values)
            if isinstance(place, _Place) and place.at is None
        ]
        self._listed = [
            (at, place.name, place.at, convert)
            for at, (place, convert) in enumerate(values)
            if isinstance(place, _Place) and place.at is not None
        ]
        self._made = [
            (at, made.make, convert)
            for at, (made, convert) in enumerate(values)
            if isinstance(made, _Made)
        ]
        self._dialect = dialect
        self._types = [kind.dialect_impl(dialect) for kind in _types_of(statement)]
        self._returns: bool | None = None
        self._convert: list[tuple[int, Callable[[Any], Any]]] = []
        self.named: Callable[[Any], Any] = tuple

    def values(self, asked: Mapping[str, Any]) -> Any:
        """What the driver is given beside the statement."""
        found = self._fixed.copy()
        for at, name, convert in self._asked:
            value = asked[name]
            found[at] = convert(value) if convert else value
        for at, name, number, convert in self._listed:
            value = asked[name][number]
            found[at] = convert(value) if convert else value
        for at, make, convert in self._made:
            value = make(_Row(asked))
            found[at] = convert(value) if convert else value
        return dict(zip(self._names, found, strict=True)) if self._by_name else tuple(found)

    def rows(self, cursor: Any) -> Sequence[Any]:
        """All rows of the cursor, with values as Python has them; none where nothing returns."""
        # Asked once, because psycopg makes an object for each column whenever it's asked.
        if self._returns is None:
            if (description := cursor.description) is not None:
                self._learn(description)
            # Last: another thread that sees it has to find the rest.
            self._returns = description is not None
        if not self._returns:
            return ()
        rows: Sequence[Any] = cursor.fetchall()
        return [self._converted(row) for row in rows] if self._convert else rows

    def _learn(self, description: Sequence[Any]) -> None:
        """Note what the columns are called and have to be converted by, once they're there."""
        names = [column[0] for column in description]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self.named = row._make
        found = [
            (at, kind.result_processor(self._dialect, description[at][1]))
            for at, kind in enumerate(self._types)
        ]
        self._convert = [(at, convert) for at, convert in found if convert is not None]

    def _converted(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for at, convert in self._convert:
            values[at] = convert(values[at])
        return tuple(values)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the value of this name goes, or one of a list of values."""

    name: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """Where a column's default goes that is made for each row."""

    make: Callable[[Any], Any]


def _default(default: Any) -> Any:
    """A column's default: a value, or where one goes."""
    return _Made(default.arg) if default.is_callable else default.arg


class _Row:
    """The row that a default is made for, which may follow from the rest of it."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def get_current_parameters(self) -> Mapping[str, Any]:
        """Its values, by the name that SQLAlchemy's own contexts have for it."""
        return self._values


def _converter(kind: Any, dialect: Dialect) -> Any:
    """What makes a value of this type one for the driver; None where nothing needs to be done."""
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _types_of(statement: Any) -> list[Any]:
    """The types of the columns that come back."""
    if statement.is_select:
        return [column.type for column in statement.selected_columns]
    return [column.type for column in statement.exported_columns]


def connection_of(session: Session, options: Mapping[str, Any] | None = None) -> Connection:
    """The connection of the session's transaction, which begins unless it has begun.

    Asking the session for it takes as long as a small query, and it's the same until the
    transaction ends. The `options` are for one that begins.
    """
    transaction = session.get_transaction()
    known: Any
    connection: Connection
    known, connection = session.info.get(_CONNECTION, _NONE)
    # One that is broken is for SQLAlchemy to refuse.
    if transaction is None or known() is not transaction or not transaction.is_active:
        connection = session.connection(execution_options=options)
        # Not the transaction itself, which has the session, which would have it.
        session.info[_CONNECTION] = ref(session.get_transaction()), connection
    return connection


def _run(
    statement: Any,
    asked: Mapping[str, Any],
    columns: tuple[str, ...] | None = None,
    rows: int | None = None,
    on: Connection | None = None,
) -> tuple[_Prepared, Sequence[Any]]:
    if on is None:
        session = db.session()
        session.flush()
        on = connection_of(session)
    connection = on
    lists = asked.items() if columns is None else ()
    sizes = tuple((name, len(value)) for name, value in lists if isinstance(value, list))
    prepared = _prepared(statement, connection.dialect, sizes, columns, rows)
    values = prepared.values(asked)
    dialect, driver = connection.dialect, connection.connection
    try:
        cursor = driver.cursor()
        for note in connection.engine.dispatch.before_cursor_execute:
            note(connection, cursor, prepared.sql, values, None, False)
        cursor.execute(prepared.sql, values)
        return prepared, prepared.rows(cursor)
    except dialect.loaded_dbapi.Error as error:
        # As SQLAlchemy does it: whoever asked knows its errors, and a connection that is gone isn't
        # used again.
        is_gone = dialect.is_disconnect(error, driver.dbapi_connection, None)
        if is_gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            prepared.sql,
            values,
            error,
            dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=is_gone,
            dialect=dialect,
        ) from error


@lru_cache(maxsize=REMEMBERED)
def _prepared(
    statement: Any,
    dialect: Dialect,
    sizes: tuple[tuple[str, int], ...],
    columns: tuple[str, ...] | None,
    rows: int | None,
) -> _Prepared:
    return _Prepared(statement, dialect, sizes, columns, rows)
