"""The text of a clinic file, read as JSON, with nothing lost that would be a fault.

Python's own reader keeps the last of two equal keys, knows NaN, and gives up on a long number. Here
all of these stay visible, so that they are reported with their path like any other fault.
"""

import json
from typing import Any

from portal.errors import WrongClinicFile

LONGEST_NUMBER = 15  # digits that every reader of JSON keeps


class Twice(dict[str, Any]):
    """An object of the file; `twice` has the keys that stood in it more than once."""

    twice: tuple[str, ...] = ()


class NoNumber:
    """Something in the place of a number that no field can have."""

    def __init__(self, written: str) -> None:
        self.written = written

    def __str__(self) -> str:
        return self.written


def read_text(data: bytes) -> Any:
    """The document in the bytes of a clinic file. Raises WrongClinicFile."""
    try:
        text = data.decode("utf-8-sig")
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=NoNumber,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: byte {error.start + 1} can't be read"
    except json.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg}, in line {error.lineno}, column {error.colno}"
    except RecursionError:
        reason = "has lists or objects within each other far too deep"
    raise WrongClinicFile([f"file: {reason}"])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = Twice(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.twice = tuple(dict.fromkeys(n for n in names if names.count(n) > 1))
    return found


def _whole(written: str) -> Any:
    return int(written) if len(written) <= LONGEST_NUMBER else NoNumber(written)


def _fraction(written: str) -> Any:
    value = float(written)
    return value if abs(value) < float("inf") else NoNumber(written)
