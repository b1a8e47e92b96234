"""The JSON Schema accepts what the reader accepts, as far as form goes."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from portal import clinic_file
from portal.errors import WrongClinicFile
from tests.clinic_file.documents import whole_clinic
from tests.clinics import NOW

SHIPPED = Path(clinic_file.__file__).with_name("clinic.schema.json")

ODD = (
    None, True, False, 0, 1, -1, 1.0, 45.5, 10**30, 1e300, "", " ", "\t", "x", "X", "é", "a\n",
    "\x00", "\ud800", "x" * 81, "x" * 300, "mon", "video", "any", "ana@example.com",
    "Ana@Example.com\n",
    "a@b", "a..b@example.com", "09:00", "24:00", "9:00", "09:00\n", "2027-03-15", "2027-02-30",
    "2027-03-15T10:00Z", "2027-03-15T10:00:00.000-04:00", "2027-03-15T10:00:00.1Z", "1.5", "1.555",
    "-1", "USD", "ZZZ", "Europe/Paris", "https://x.example.com", "ftp://x", [], {}, [None], [[]],
    ["video", "video"], ["in_person"], [["09:00", "10:00"]], [["09:00"]],
    {"enabled": True}, {"x": 1},
)  # fmt: skip


def ends_where_the_text_ends(
    validator: Any, pattern: str, value: Any, schema: Any
) -> Iterator[ValidationError]:
    """`pattern` as the standard has it; Python's own $ also matches before a last line feed."""
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def validator() -> Any:
    schema = clinic_file.schema()
    Draft202012Validator.check_schema(schema)
    return extend(Draft202012Validator, {"pattern": ends_where_the_text_ends})(schema)


VALIDATOR = validator()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


PLACES = list(places(whole_clinic()))


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """The whole clinic with up to three values replaced, removed, or added."""
    document: Any = deepcopy(whole_clinic())
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(PLACES[1:]))
        held = document
        try:
            for key in path[:-1]:
                held = held[key]
            match draw(st.sampled_from(("replace", "replace", "remove", "add"))):
                case "replace":
                    held[path[-1]] = deepcopy(draw(st.sampled_from(ODD)))
                case "remove":
                    del held[path[-1]]
                case "add" if isinstance(held, dict):
                    held[draw(st.sampled_from(("colour", "kept", "key", "note", "from")))] = None
        except (KeyError, IndexError, TypeError):
            continue  # what was changed before isn't there any more
    return document


@settings(max_examples=400, deadline=None)
@given(spoilt())
def test_the_schema_refuses_what_the_reader_finds_wrong_in_form(document: Any) -> None:
    _, faults = clinic_file.read(document)
    assert VALIDATOR.is_valid(document) is (not faults.shape), faults.shape


@settings(max_examples=400, deadline=None)
@given(spoilt())
def test_whatever_is_spoilt_is_a_fault_and_never_a_crash(document: Any) -> None:
    lines = faults_of(document)
    assert all(re.match(r"[a-z].*: \S", line) and "\n" not in line for line in lines)


def faults_of(document: Any) -> list[str]:
    try:
        clinic_file.check(document, NOW)
    except WrongClinicFile as wrong:
        return wrong.faults
    return []


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_the_schema_and_the_reader_agree_on_an_odd_document(odd: Any) -> None:
    _, faults = clinic_file.read(odd)
    assert VALIDATOR.is_valid(odd) is (not faults.shape)


def test_the_schema_that_is_shipped_is_the_reader_s() -> None:
    # To write it anew: flask clinic schema > portal/clinic_file/clinic.schema.json
    assert json.loads(SHIPPED.read_text()) == clinic_file.schema()


def test_the_whole_clinic_has_every_key_of_the_format() -> None:
    def keys(schema: Any) -> set[str]:
        own = set(schema.get("properties", ()))
        inner = [*schema.get("properties", {}).values(), schema.get("items")]
        return own.union(*(keys(one) for one in inner if isinstance(one, dict)))

    def used(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(used, value))
        return set(value).union(*map(used, value.values())) if isinstance(value, dict) else set()

    assert keys(clinic_file.schema()) - used(whole_clinic()) == {"package_number"}
