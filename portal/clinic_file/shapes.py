"""What a value of a clinic file may look like: each shape reads it, writes it and has its schema.

The format (entries.py) is written down once, in these shapes. The reader and the JSON Schema both
come from there, so that they can't disagree.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from portal.clinic_file.faults import WRONG, Faults, join, shown

Json = Any


class Shape(Protocol):
    """A kind of value, between JSON and Python."""

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        """The value in Python, or WRONG after noting why not."""

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        """The value in JSON; instants get the offset of `zone`."""

    def schema(self) -> dict[str, Json]:
        """The JSON Schema of it."""


@dataclass(frozen=True)
class Words:
    """A string that fits a pattern; `parse` gives its value or raises ValueError with a reason.

    `needed` completes the sentence "… is needed"; `written` turns the value back into a string.
    """

    needed: str
    pattern: str
    most: int
    parse: Callable[[str], Any] = str
    written: Callable[[Any, ZoneInfo], str] = lambda value, _zone: str(value)

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if not isinstance(value, str):
            faults.of_shape(path, f"{self.needed} is needed, not {shown(value)}")
        elif len(value) > self.most:
            faults.of_shape(path, f"has {len(value)} characters, and {self.most} is the most")
        elif not self._whole_pattern.fullmatch(value):
            faults.of_shape(path, f"{shown(value)} is not {self.needed}")
        else:
            try:
                return self.parse(value)
            except ValueError as reason:
                faults.of_meaning(path, str(reason))
        return WRONG

    @cached_property
    def _whole_pattern(self) -> re.Pattern[str]:
        # Here $ would also match before a last line feed, which JSON Schema's doesn't.
        return re.compile(self.pattern.removeprefix("^").removesuffix("$"))

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return self.written(value, zone)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": self.pattern, "maxLength": self.most}


@dataclass(frozen=True)
class Whole:
    """A whole number; true and false aren't numbers."""

    least: int
    most: int

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is int and self.least <= value <= self.most:
            return value
        needed = f"a whole number from {self.least} to {self.most} is needed"
        faults.of_shape(path, f"{needed}, not {shown(value)}")
        return WRONG

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return value

    def schema(self) -> dict[str, Json]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class YesNo:
    """true or false."""

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if isinstance(value, bool):
            return value
        faults.of_shape(path, f"true or false is needed, not {shown(value)}")
        return WRONG

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return value

    def schema(self) -> dict[str, Json]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class OneOf:
    """One of an enum's words, but for those that a file doesn't know."""

    enum: type[StrEnum]
    besides: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        return [word.value for word in self.enum if word.value not in self.besides]

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if isinstance(value, str) and value in self.words:
            return self.enum(value)
        faults.of_shape(path, f"{shown(value)} is not one of {', '.join(self.words)}")
        return WRONG

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return value.value

    def schema(self) -> dict[str, Json]:
        return {"enum": self.words}


@dataclass(frozen=True)
class Maybe:
    """null, or a value of another shape."""

    shape: Shape

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        return None if value is None else self.shape.read(value, path, faults)

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return None if value is None else self.shape.write(value, zone)

    def schema(self) -> dict[str, Json]:
        inner = self.shape.schema()
        if "enum" in inner:
            return {"enum": [*inner["enum"], None]}
        return {**inner, "type": [inner["type"], "null"]}


@dataclass(frozen=True)
class ListOf:
    """A list of values of one shape. A wrong one keeps its place, so that paths stay right."""

    shape: Shape
    least: int = 0
    most: int | None = None
    each_once: bool = False

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if not isinstance(value, list):
            faults.of_shape(path, f"a list is needed, not {shown(value)}")
            return WRONG
        if len(value) < self.least:
            faults.of_shape(path, "must not be empty")
        if self.most is not None and len(value) > self.most:
            faults.of_shape(path, f"must not have more than {self.most}")
        found = [self.shape.read(one, f"{path}[{at}]", faults) for at, one in enumerate(value)]
        if self.each_once:
            for at, one in enumerate(found):
                if one is not WRONG and one in found[:at]:
                    faults.of_shape(f"{path}[{at}]", f"{shown(value[at])} is there twice")
        return tuple(found)

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return [self.shape.write(one, zone) for one in value]

    def schema(self) -> dict[str, Json]:
        schema: dict[str, Json] = {"type": "array", "items": self.shape.schema()}
        if self.least:
            schema["minItems"] = self.least
        if self.most is not None:
            schema["maxItems"] = self.most
        if self.each_once:
            schema["uniqueItems"] = True
        return schema


@dataclass(frozen=True)
class Pair:
    """A list of exactly two values: from and to."""

    first: Shape
    second: Shape

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if not isinstance(value, list) or len(value) != 2:
            faults.of_shape(path, "a list of two, from and to, is needed")
            return WRONG
        return (
            self.first.read(value[0], f"{path}[0]", faults),
            self.second.read(value[1], f"{path}[1]", faults),
        )

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        return [self.first.write(value[0], zone), self.second.write(value[1], zone)]

    def schema(self) -> dict[str, Json]:
        both = [self.first.schema(), self.second.schema()]
        return {"type": "array", "prefixItems": both, "items": False, "minItems": 2}


def key(
    shape: Shape, default: Any = MISSING, *, named: str | None = None, ours: bool = False
) -> Any:
    """One key of an object. Without a default it must be there.

    `named`: what JSON calls it, where Python can't. `ours`: not in the agreed format, an addition
    of this portal, which is written only where it says something.
    """
    return field(default=default, metadata={"shape": shape, "named": named, "ours": ours})


def keys(entry: type[Any]) -> dict[str, tuple[Field[Any], Shape]]:
    """The field and the shape of every key of an entry, in the order of the format."""
    return {
        one.metadata["named"] or one.name: (one, one.metadata["shape"])
        for one in fields(entry)
        if "shape" in one.metadata
    }


@dataclass(frozen=True)
class Record:
    """An object with the keys of an entry, a dataclass whose fields were made with `key`."""

    entry: type[Any]

    @cached_property
    def _keys(self) -> dict[str, tuple[Field[Any], Shape]]:
        return keys(self.entry)

    def read(self, value: Json, path: str, faults: Faults) -> Any:
        if not isinstance(value, dict):
            faults.of_shape(path, f"an object is needed, not {shown(value)}")
            return WRONG
        for twice in getattr(value, "twice", ()):
            faults.of_shape(join(path, twice), "stands there twice")
        known = self._keys
        for name in value:
            if name not in known:
                faults.of_shape(join(path, name), "is not a key of this format")
        found = {}
        for name, (one, shape) in known.items():
            place = f"{path}.{name}" if path else name
            if name in value:
                found[one.name] = shape.read(value[name], place, faults)
            elif one.default is MISSING:
                faults.of_shape(place, "is missing")
                found[one.name] = WRONG
        return self.entry(path=path, **found)

    def write(self, value: Any, zone: ZoneInfo) -> Json:
        written = {}
        for name, (one, shape) in self._keys.items():
            held = getattr(value, one.name)
            if not (one.metadata["ours"] and held == one.default):
                written[name] = shape.write(held, zone)
        return written

    def schema(self) -> dict[str, Json]:
        return {
            "type": "object",
            "properties": {n: shape.schema() for n, (_, shape) in self._keys.items()},
            "required": [n for n, (one, _) in self._keys.items() if one.default is MISSING],
            "additionalProperties": False,
        }
