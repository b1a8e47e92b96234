"""What is wrong with a clinic file: one line for each fault, the path first, then the reason."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from portal.errors import WrongClinicFile

LONGEST_SHOWN = 60  # characters of a wrong value that a fault repeats
WHOLE_FILE = "file"

SECTIONS = (
    WHOLE_FILE,
    "format",
    "practice",
    "roles",
    "team",
    "services",
    "availability",
    "packages",
    "clients",
    "client_packages",
    "bookings",
)


class _Wrong:
    """Stands in for a value that a fault has been reported of, so that reading can go on."""

    def __repr__(self) -> str:
        return "WRONG"


WRONG: Final[Any] = _Wrong()


def fine(*values: object) -> bool:
    """Say whether all of these were read without a fault, so that more can be asked of them."""
    return all(value is not WRONG for value in values)


@dataclass
class Faults:
    """All faults of one file. A fault of `shape` is one that the JSON Schema refuses as well."""

    shape: list[tuple[str, str]] = field(default_factory=list)
    meaning: list[tuple[str, str]] = field(default_factory=list)

    def of_shape(self, path: str, reason: str) -> None:
        """Note a wrong type, key, word or form."""
        self.shape.append((path or WHOLE_FILE, reason))

    def of_meaning(self, path: str, reason: str) -> None:
        """Note something that is written rightly and says something that can't be."""
        self.meaning.append((path or WHOLE_FILE, reason))

    def lines(self) -> list[str]:
        """One line for each fault, in the order of the file."""
        found = dict.fromkeys([*self.shape, *self.meaning])
        return [f"{path}: {reason}" for path, reason in sorted(found, key=_place)]

    def refuse_any(self) -> None:
        """Raise WrongClinicFile if there is a fault."""
        if lines := self.lines():
            raise WrongClinicFile(lines)


def join(path: str, key: str) -> str:
    """The path of a key of the object at `path`; an odd key is written as in JSON."""
    if not re.fullmatch(r"[A-Za-z0-9_$-]{1,40}", key):
        return f"{path}[{shown(key)}]"
    return f"{path}.{key}" if path else key


def shown(value: object) -> str:
    """A value as it stands in the file, on one line, shortened; lists and objects by their name."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value, ensure_ascii=False) if _plain(value) else str(value)
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _place(fault: tuple[str, str]) -> tuple[int, list[tuple[int, str]]]:
    """Sections as the format has them; numbers in a path count as numbers."""
    path = fault[0]
    section = re.split(r"[.\[]", path, maxsplit=1)[0]
    order = SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)
    return order, list(_parts(path))


def _parts(path: str) -> Iterator[tuple[int, str]]:
    for part in re.split(r"([0-9]{1,9})", path):
        yield (int(part), "") if part.isdecimal() else (-1, part)
