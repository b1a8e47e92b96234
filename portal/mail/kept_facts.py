"""What a message is made of, as its row keeps it until it's sent: JSON, and back.

Instants come back in UTC, tuples as lists, an enumeration's members as their values, and a
dataclass as the dict of its fields, which templates read in the same way.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

_INSTANT, _DAY, _ZONE = "@instant", "@day", "@zone"
"""What JSON has no type for is an object with this one name in it."""

_READ: Mapping[str, Any] = {
    _INSTANT: datetime.fromisoformat,
    _DAY: date.fromisoformat,
    _ZONE: ZoneInfo,
}


def facts_as_text(facts: Mapping[str, Any]) -> str:
    """The facts as a row keeps them, in ASCII: what a text has of links stands there as it is.

    Raises TypeError for what can't be kept, and ValueError for a time that is no instant.
    """
    return json.dumps(facts, default=_as_json, separators=(",", ":"))


def facts_from_text(text: str) -> dict[str, Any]:
    """The facts that were kept. Raises ValueError for what is no such text."""
    facts: dict[str, Any] = json.loads(text, object_hook=_as_value)
    return facts


def _as_json(value: object) -> object:
    """Something for JSON in place of a value that it has no type for."""
    # Every datetime is a date too.
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("A time without a zone is no instant.")
        return {_INSTANT: value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if isinstance(value, ZoneInfo):
        return {_ZONE: value.key}
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    # Not what it says: somebody's name may be in it.
    raise TypeError(f"A message can't keep a {type(value).__name__}.")


def _as_value(found: dict[str, Any]) -> Any:
    """The value that an object in the JSON stands for, or the object as a dict."""
    if len(found) == 1:
        [(name, text)] = found.items()
        if read := _READ.get(name):
            return read(text)
    return found
