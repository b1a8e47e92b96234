"""What is written down is a line of its own, and has nothing of a person's in it."""

import json
import logging

import pytest

from portal.logs import FORMATTERS, REFERENCE, LogFormat, mask


def record(message: str, error: BaseException | None = None, **facts: object) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("portal.web", logging.ERROR, "", 0, message, None, told)
    made.facts = facts
    return made


def failed() -> BaseException:
    """An error about Lee that led to another one."""
    try:
        try:
            raise ValueError("Lee Park, lee@example.com")
        except ValueError as reason:
            raise LookupError("no Lee Park") from reason
    except LookupError as error:
        return error


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 <lee.park+x@example.com>: unknown", "550 <…@…>: unknown"),
        ("GET /bookings/AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1", "GET /bookings/… HTTP/1.1"),
        ("GET /clients?words=lee&page=2 HTTP/1.1", "GET /clients?… HTTP/1.1"),
        ("GET /book/reset 200, 12 ms", "GET /book/reset 200, 12 ms"),
        ("postgresql://clinic:hush@db/clinic", "postgresql://clinic:…@…/clinic"),
        ("Is it ready? It is.", "Is it ready? It is."),
    ],
)
def test_addresses_tokens_and_queries_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("form", LogFormat)
def test_of_an_error_its_kind_and_places_are_written_and_not_its_words(form: LogFormat) -> None:
    line = FORMATTERS[form].format(record("An error", failed()))
    assert "Lee" not in line
    assert "lee@" not in line
    assert "ValueError" in line
    assert "LookupError" in line
    assert "test_logs.py:" in line
    assert " failed" in line


def test_json_is_an_object_on_one_line_with_id_and_facts() -> None:
    REFERENCE.set("id-of-a-request")
    line = FORMATTERS[LogFormat.JSON].format(record("two\nlines", failed(), status=500))
    REFERENCE.set("")
    assert "\n" not in line
    read = json.loads(line)
    assert read["message"] == "two\nlines"
    assert (read["level"], read["logger"], read["id"]) == ("error", "portal.web", "id-of-a-request")
    assert read["status"] == 500
    assert [error["type"] for error in read["errors"]] == ["LookupError", "ValueError"]
    assert "id" not in json.loads(FORMATTERS[LogFormat.JSON].format(record("x")))


def test_text_names_the_id_at_the_end() -> None:
    REFERENCE.set("id-of-a-request")
    line = FORMATTERS[LogFormat.TEXT].format(record("something"))
    REFERENCE.set("")
    assert line.endswith("ERROR portal.web: something [id-of-a-request]")
