"""How every command answers: JSON or a table on stdout, what went wrong in sentences on stderr."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from portal.errors import NotFound, PortalError
from portal.migrating import is_empty

P = ParamSpec("P")
T = TypeVar("T")


def in_sentences(command: Callable[P, T]) -> Callable[P, T]:
    """Make a command end with code 1 and a line for each thing that is wrong, not a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except PortalError as error:
            reasons = str(error).splitlines()
        except DBAPIError as error:
            first, *_ = str(error.orig).splitlines() or [""]
            reasons = [f"The database can't be used: {first}"]
        except OSError as error:
            reason = error.strerror or str(error)
            reasons = [f"{error.filename}: {reason}" if error.filename else reason]
        for reason in reasons:
            click.echo(readable(reason), err=True)
        raise click.exceptions.Exit(1)

    return run


def require_clinic() -> None:
    """Raise NotFound, with what to do, in a database that nothing was ever loaded into."""
    if is_empty():
        raise NotFound(
            "This database is empty: load a clinic with `flask clinic load FILE`, "
            "or a sample with `flask clinic demo`."
        )


def as_json(value: Any) -> bytes:
    """The value as JSON in UTF-8, whatever the terminal's encoding is."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns under their names, each as wide as its widest entry."""
    lines = [tuple(head), *(tuple(map(readable, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def readable(text: str) -> str:
    """The text without what would steer a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text)
