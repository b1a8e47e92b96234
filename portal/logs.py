"""What is written down while the portal runs: a line each on stderr, as text or as JSON.

Nothing of a person's is in it. Callers name routes and not paths. What a library says may quote an
address of mail or a private link, so those are masked; and of an error its kind and its places are
written, and never its words.
"""

import json
import logging
import re
import sys
import time
import traceback
from contextvars import ContextVar
from enum import StrEnum
from types import TracebackType
from typing import Any, TextIO

REFERENCE: ContextVar[str] = ContextVar("reference", default="")
"""The id of the request or the task that is under way: all its lines have it."""

FRAMES = 15  # of each error, the innermost ones

MASKED = (
    (re.compile(r"[^\s<>\"'@:/]+@[^\s<>\"'@:/,;)]+"), "…@…"),
    (re.compile(r"(?<=/)[\w-]{20,}"), "…"),
    (re.compile(r"\?[^\s\"'?]+=[^\s\"']*"), "?…"),
)
"""Addresses of mail, tokens in paths, and query strings, with what is written instead."""


class LogFormat(StrEnum):
    """How lines are written."""

    TEXT = "text"
    JSON = "json"


def set_up(form: LogFormat) -> None:
    """Write what this process logs to stderr. Once is enough; the last form given counts."""
    root = logging.getLogger()
    ours = [one for one in root.handlers if isinstance(one, _Stderr)]
    if not ours:
        root.addHandler(new := _Stderr())
        ours = [new]
    ours[0].setFormatter(FORMATTERS[form])
    logging.getLogger("portal").setLevel(logging.INFO)


def handler(form: LogFormat) -> logging.Handler:
    """A handler of its own, for a logger that has nothing to do with the others: gunicorn's."""
    new = _Stderr()
    new.setFormatter(FORMATTERS[form])
    return new


class _Stderr(logging.StreamHandler[TextIO]):
    """To what is stderr at the time: a test, or a command's runner, puts another in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _Text(logging.Formatter):
    """A line to read, and below it where an error came from."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, self.datefmt)
        line = f"{at} {record.levelname} {record.name}: {mask(record.getMessage())}"
        if reference := REFERENCE.get():
            line += f" [{reference}]"
        for error in _errors(record):
            line += f"\n  {error['type']}" + "".join(f"\n    {place}" for place in error["at"])
        return line


class _Json(logging.Formatter):
    """One object a line."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        if reference := REFERENCE.get():
            line["id"] = reference
        line |= getattr(record, "facts", {})
        if errors := _errors(record):
            line["errors"] = errors
        return json.dumps(line, ensure_ascii=False)


FORMATTERS = {LogFormat.TEXT: _Text(), LogFormat.JSON: _Json()}


def mask(text: str) -> str:
    """The text without what may be somebody's address, a private link, or typed into a form."""
    for pattern, instead in MASKED:
        text = pattern.sub(instead, text)
    return text


def _errors(record: logging.LogRecord) -> list[dict[str, Any]]:
    """The error and those that led to it, outermost first: each one's kind and where it was."""
    error = record.exc_info[1] if record.exc_info else None
    found, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        found.append({"type": name, "at": _places(error.__traceback__)})
        error = error.__cause__ or error.__context__
    return found


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
