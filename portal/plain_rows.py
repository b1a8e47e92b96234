"""Rows as the database's driver gives them, for the pages that everybody waits for.

SQLAlchemy makes the statement and knows what the types are: that is done once. Its own way of
running one takes several times as long as the database needs to answer.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from portal.db import db

REMEMBERED = 256  # statements, one for each number of values in a list that is asked for


def plain_rows(statement: Any, asked: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """The rows of a query for columns as tuples, in the session's own transaction.

    What an act has changed so far is written before, as it is for every other query. The statement
    is one that is made once and kept: what was worked out about it is too.
    """
    return _run(statement, asked or {})[1]


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
        self, statement: Any, dialect: Dialect, sizes: tuple[tuple[str, int], ...]
    ) -> None:
        compiled = statement.compile(dialect=dialect)
        # What stands in the places of values tells where each of them goes.
        places: dict[str, Any] = {
            name: _Place(name) if value is None else value
            for name, value in compiled.params.items()
        }
        places |= {name: [_Place(name, at) for at in range(size)] for name, size in sizes}
        made = compiled.construct_expanded_state(places)
        self.sql = made.statement
        self._by_name = made.positiontup is None
        self._places = [
            (name, made.parameters[name], made.processors.get(name))
            for name in made.positiontup or made.parameters
        ]
        self._dialect = dialect
        self._types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        self._convert: list[tuple[int, Callable[[Any], Any]]] | None = None
        self.named: Callable[[Any], Any] = tuple

    def values(self, asked: Mapping[str, Any]) -> Any:
        """What the driver is given beside the statement."""
        found = [_value(place, convert, asked) for _, place, convert in self._places]
        if not self._by_name:
            return tuple(found)
        return {name: value for (name, *_), value in zip(self._places, found, strict=True)}

    def rows(self, cursor: Any) -> Sequence[Any]:
        """All rows of the cursor, with values as Python has them."""
        if self._convert is None:
            self._learn(cursor.description)
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
        for at, convert in self._convert or ():
            values[at] = convert(values[at])
        return tuple(values)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the value of this name goes, or one of a list of values."""

    name: str
    at: int | None = None


def _value(place: Any, convert: Callable[[Any], Any] | None, asked: Mapping[str, Any]) -> Any:
    value = place
    if isinstance(place, _Place):
        value = asked[place.name] if place.at is None else asked[place.name][place.at]
    return convert(value) if convert else value


def _run(statement: Any, asked: Mapping[str, Any]) -> tuple[_Prepared, Sequence[Any]]:
    session = db.session()
    session.flush()
    connection = session.connection()
    sizes = tuple((name, len(value)) for name, value in asked.items() if isinstance(value, list))
    prepared = _prepared(statement, connection.dialect, sizes)
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
def _prepared(statement: Any, dialect: Dialect, sizes: tuple[tuple[str, int], ...]) -> _Prepared:
    return _Prepared(statement, dialect, sizes)
