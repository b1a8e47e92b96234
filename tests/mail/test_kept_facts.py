"""What a message is made of, kept as text: each kind of value comes back as it was."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.mail.kept_facts import facts_as_text, facts_from_text
from portal.mail.progress import Progress
from portal.models import Delivery

NEW_YORK = ZoneInfo("America/New_York")
INSTANT = datetime(2027, 3, 2, 15, 0, 30, 250_000, tzinfo=UTC)


def there_and_back(value: Any) -> Any:
    return facts_from_text(facts_as_text({"value": value}))["value"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("Lee Park", id="a text"),
        pytest.param("", id="no text"),
        pytest.param('Zoë & "Söhne"\n</p> \\ 🌿\u2028\u202e\0', id="a text of any characters"),
        pytest.param("\ud800", id="half a character"),
        pytest.param(5, id="a number"),
        pytest.param(True, id="yes"),
        pytest.param(False, id="no"),
        pytest.param(None, id="nothing"),
        pytest.param([[3, "Follow-up"], []], id="lists"),
        pytest.param({"accent": "#0a5c66", "more": {}}, id="dicts"),
        pytest.param(INSTANT, id="an instant"),
        pytest.param(date(2027, 3, 2), id="a day"),
        pytest.param(NEW_YORK, id="a zone"),
        pytest.param(Delivery.VIDEO, id="a member of an enumeration, equal to its value"),
        pytest.param([{"start": INSTANT, "zone": NEW_YORK}], id="one within another"),
    ],
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    found = there_and_back(value)
    assert found == value
    assert isinstance(value, StrEnum) or type(found) is type(value)


def test_tuples_come_back_as_lists() -> None:
    assert there_and_back(((3, "Follow-up"), ())) == [[3, "Follow-up"], []]


def test_an_instant_comes_back_in_utc() -> None:
    for zone in (NEW_YORK, timezone(timedelta(hours=-3))):
        found = there_and_back(INSTANT.astimezone(zone))
        assert (found, found.tzinfo) == (INSTANT, UTC)


def test_a_dataclass_comes_back_as_a_dict_of_its_fields() -> None:
    progress = Progress(used=2, total=5, left=((3, "Follow-up"),))
    assert there_and_back(progress) == {"used": 2, "total": 5, "left": [[3, "Follow-up"]]}


def test_a_time_that_is_no_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        facts_as_text({"start": INSTANT.replace(tzinfo=None)})


@pytest.mark.parametrize("value", [object(), {1}, b"Lee"], ids=["object", "set", "bytes"])
def test_what_nobody_could_read_is_refused_and_not_repeated(value: Any) -> None:
    with pytest.raises(TypeError, match=rf"can't keep a {type(value).__name__}\.$"):
        facts_as_text({"value": value})


def test_links_stand_in_it_as_they_are_and_everything_in_ascii() -> None:
    address = "https://book.example.com/bookings/tokenoftwentytwochars_/next"
    text = facts_as_text({"see": address, "client": "Zoë\0"})
    assert text == f'{{"see":"{address}","client":"Zo\\u00eb\\u0000"}}'
