import json
from typing import Any

import pytest

from portal import clinic_file
from portal.errors import WrongClinicFile
from tests.clinic_file.documents import whole_clinic
from tests.clinics import NOW


def read(text: str) -> Any:
    return clinic_file.read_text(text.encode())


def faults(data: bytes) -> list[str]:
    with pytest.raises(WrongClinicFile) as caught:
        clinic_file.check(clinic_file.read_text(data), NOW)
    return caught.value.faults


def test_a_file_is_read_as_json_with_or_without_a_byte_order_mark() -> None:
    data = json.dumps(whole_clinic(), ensure_ascii=False).encode()
    assert clinic_file.read_text(data) == whole_clinic()
    assert clinic_file.read_text(b"\xef\xbb\xbf" + data) == whole_clinic()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"", "file: is not JSON: Expecting value, in line 1, column 1", id="empty"),
        pytest.param(
            b'{\n "a": 1,\n}',
            "file: is not JSON: Illegal trailing comma before end of object, in line 2, column 8",
            id="a comma too many",
        ),
        pytest.param(b"\xff\xfe{", "file: is not UTF-8: byte 1 can't be read", id="not UTF-8"),
        pytest.param(
            b"[" * 200_000,
            "file: has lists or objects within each other far too deep",
            id="endless brackets",
        ),
        pytest.param(
            b'{"a":' * 200_000,
            "file: has lists or objects within each other far too deep",
            id="endless braces",
        ),
    ],
)
def test_what_is_no_json_is_said_in_a_sentence(data: bytes, fault: str) -> None:
    found = faults(data)
    # How Python words a mistake differs from version to version.
    assert [line.split(",")[0].split(": ")[:2] for line in found] == [
        fault.split(",")[0].split(": ")[:2]
    ]


def test_a_key_that_stands_there_twice_is_a_fault() -> None:
    text = '{"format": "clinic/1", "practice": {"name": "A", "timezone": "UTC", "name": "B"}}'
    assert faults(text.encode()) == ["practice.name: stands there twice"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
        ("1" + "0" * 5000, "1" + "0" * 58 + "…"),
        ("1e3", "1000.0"),
        ("-0", "0"),
    ],
    ids=["NaN", "minus infinity", "beyond floats", "of 5000 digits", "as a power", "minus nought"],
)
def test_a_number_that_no_field_can_have_is_shown(number: str, shown: str) -> None:
    text = '{"format": "clinic/1", "practice": {"name": "A", "timezone": "UTC", "currency": %s}}'
    assert faults((text % number).encode()) == [
        f"practice.currency: a currency (three capital letters) is needed, not {shown}"
    ]


def test_a_number_may_be_written_as_a_fraction_without_one() -> None:
    practice = '{"name": "A", "timezone": "UTC", "horizon_days": 3e1, "slot_step_minutes": 5.0}'
    document = read(f'{{"format": "clinic/1", "practice": {practice}}}')
    clinic_file.check(document, NOW)
    file, _ = clinic_file.read(document)
    assert file is not None
    assert file.practice is not None
    assert (file.practice.horizon_days, file.practice.slot_step_minutes) == (30, 5)


def test_something_deep_in_the_place_of_a_value_is_one_fault() -> None:
    deep = "[" * 900 + "]" * 900
    text = f'{{"format": "clinic/1", "practice": {{"name": {deep}, "timezone": "UTC"}}}}'
    assert faults(text.encode()) == ["practice.name: a line of text is needed, not a list"]
