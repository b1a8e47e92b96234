"""Long lists, one page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, false, func, or_, select

from portal.db import db

PAGE = 25  # rows
WORDS = 10  # of a search: more are ignored
LONGEST_WORD = 500  # characters: no column that is searched has a longer one

Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Paged(Generic[Shown]):
    """One page of a list: what is shown, which page of how many, and how many were found in all."""

    shown: tuple[Shown, ...]
    page: int
    pages: int
    found: int


def paged(
    query: Select[Any], page: int, show: Callable[[Any], Shown], size: int = PAGE
) -> Paged[Shown]:
    """The page of the ordered query; a page past the last one is the last one. Two queries."""
    counted = (
        query.order_by(None).options().with_only_columns(func.count(), maintain_column_froms=True)
    )
    found = db.session.scalar(counted) or 0
    pages = max(1, -(-found // size))
    page = min(max(page, 1), pages)
    rows = db.session.scalars(query.limit(size).offset((page - 1) * size)).unique()
    return Paged(tuple(show(row) for row in rows), page, pages, found)


def paged_by(
    query: Select[Any], order: Sequence[Any], found: int, page: int, show: Callable[[Any], Shown]
) -> Paged[Shown]:
    """The page of a query that isn't ordered yet and has so many rows. One query.

    No two rows are alike in the columns of `order`, and none lacks one. What is nearer to the end
    is looked for from there: a database goes through all that comes before.
    """
    pages = max(1, -(-found // PAGE))
    page = min(max(page, 1), pages)
    first, until = (page - 1) * PAGE, min(page * PAGE, found)
    from_the_end = first > found - until
    skipped = found - until if from_the_end else first
    turned = [column.desc() if from_the_end else column.asc() for column in order]
    part = query.order_by(*turned).limit(max(until - first, 0)).offset(skipped)
    rows = list(db.session.scalars(part))
    if from_the_end:
        rows.reverse()
    return Paged(tuple(show(row) for row in rows), page, pages, found)


def in_order(rows: Sequence[Shown], page: int, size: int = PAGE) -> Paged[Shown]:
    """The page of a list that is in memory already."""
    pages = max(1, -(-len(rows) // size))
    page = min(max(page, 1), pages)
    return Paged(tuple(rows[(page - 1) * size : page * size]), page, pages, len(rows))


def matches(words: str, *columns: Any) -> ColumnElement[bool]:
    """Say in SQL whether each of the words is in one of the columns, whatever its case."""
    return has_words(words, *(func.lower(column) for column in columns))


def has_words(words: str, *columns: Any) -> ColumnElement[bool]:
    """Say the same of columns that are in lower case."""
    condition: ColumnElement[bool] = select(1).exists()
    for word in words.lower().split()[:WORDS]:
        if len(word) > LONGEST_WORD:
            # Besides, SQLite refuses a pattern of 50,000 bytes.
            return false()
        found = [column.contains(word, autoescape=True) for column in columns]
        condition = condition & or_(*found)
    return condition
