"""A session as calendars show it: to its client, and to its practitioner in three levels."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import Babel

from portal.mail.calendar_entries import (
    Entry,
    calendar,
    calendar_user,
    for_client,
    for_practitioner,
    initials,
)
from portal.models import Delivery, Detail
from tests.mail.calendars import only_event, properties, read

NOW = datetime(2027, 3, 1, 13, tzinfo=UTC)
TEN = datetime(2027, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOM = "https://meet.example.com/cho?a=1,2;b"
PAGE = "https://book.example.com/sessions/7"
PAYLOADS = [
    f"Nice{end}ATTENDEE:mailto:all@example.com{end}END:VEVENT"
    for end in (
        "\r\n",
        "\n",
        "\r",
        "\u2028",
        "\u2029",
        "\x0b",
        "\x0c",
        "\0",
        "\x85",
        "\r\n ",
        "\x1c",
    )
] + [
    'A "B", C; D: E\\n\\',
    "=0D=0AATTENDEE:mailto:all@example.com",
    "\u202egpj.exe",
    "x" * 10_000,
    "ü€🌿" * 3_000,
    '";X-EVIL=1:mailto:all@example.com',
    "^n^'^^",
]


@pytest.fixture(scope="module", autouse=True)
def _texts() -> Iterator[None]:
    """All that this needs of an application: somebody to ask for texts."""
    app = Flask("texts")
    Babel(app)
    with app.app_context():
        yield


def entry(**changes: object) -> Entry:
    """A Follow-up with Cho."""
    made = Entry(
        uid="a-session",
        sequence=3,
        changed_at=NOW,
        starts_at=TEN,
        ends_at=TEN + HOUR,
        requested=False,
        cancelled=False,
        delivery=Delivery.IN_PERSON,
        service="Follow-up",
        practitioner="Cho Park",
        place="12 River Street, 2nd floor",
        video_link=ROOM,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def shown_to_client(**changes: object) -> str:
    return calendar([for_client(entry(**changes), "Riverside Clinic")])


def shown_to_cho(detail: Detail, phone: str | None = "+1 555 0199", **changes: object) -> str:
    return calendar([for_practitioner(entry(**changes), "Lee Park", phone, PAGE, detail)])


def test_a_client_reads_what_with_whom_when_and_where() -> None:
    event = only_event(shown_to_client())
    assert event.summary == "Follow-up with Cho Park, Riverside Clinic"
    assert event.location == "12 River Street, 2nd floor"
    assert (event.dtstart, event.dtend) == (TEN, TEN + HOUR)
    assert (event.uid, event.sequence, event.dtstamp) == ("a-session", 3, NOW)
    assert event.description is None


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"requested": True}, "TENTATIVE"),
        ({}, "CONFIRMED"),
        ({"requested": True, "cancelled": True}, "CANCELLED"),
    ],
)
def test_says_how_certain_it_is(facts: dict[str, bool], status: str) -> None:
    event = only_event(shown_to_client(**facts))
    assert event.status == status
    assert ("not yet confirmed" in (event.description or "")) is facts.get("requested", False)


def test_a_video_call_can_be_joined_from_the_entry() -> None:
    event = only_event(shown_to_client(delivery=Delivery.VIDEO))
    assert event.location == ROOM
    assert event.description == f"By video: {ROOM}"
    [conference] = event.conference
    assert conference.uri == ROOM
    assert "CONFERENCE;FEATURE=VIDEO;" in shown_to_client(delivery=Delivery.VIDEO)


@pytest.mark.parametrize(
    ("delivery", "link", "location"),
    [(Delivery.VIDEO, None, "By video"), (Delivery.PHONE, ROOM, "By phone")],
)
def test_what_has_no_place_says_how_it_is_done(
    delivery: Delivery, link: str | None, location: str
) -> None:
    event = only_event(shown_to_client(delivery=delivery, video_link=link))
    assert event.location == location
    assert event.conference == []


@pytest.mark.parametrize(
    ("detail", "title", "known"),
    [
        (Detail.BUSY, "Busy", []),
        (Detail.INITIALS, "L. P. · Follow-up", ["Follow-up"]),
        (Detail.FULL, "Lee Park · Follow-up", ["Follow-up", "Lee Park", "0199", ROOM, PAGE]),
    ],
)
def test_a_practitioners_entry_tells_as_much_as_they_chose(
    detail: Detail, title: str, known: list[str]
) -> None:
    text = shown_to_cho(detail, delivery=Delivery.VIDEO)
    event = only_event(text)
    assert event.summary == title
    assert (event.dtstart, event.dtend, event.uid) == (TEN, TEN + HOUR, "a-session")
    unfolded = text.replace("\r\n ", "").replace("\\,", ",").replace("\\;", ";")
    for words in ("Follow-up", "Lee Park", "0199", ROOM, PAGE):
        assert (words in unfolded) is (words in known)


@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("delivery", Delivery)
def test_a_locked_phone_shows_no_number_and_no_link(detail: Detail, delivery: Delivery) -> None:
    event = only_event(shown_to_cho(detail, delivery=delivery))
    for text in (event.summary or "", event.location or ""):
        assert "0199" not in text
        assert "https:" not in text


def test_who_looks_into_the_calendar_of_somebody_else_sees_that_it_is_private() -> None:
    for text in (shown_to_client(), *(shown_to_cho(detail) for detail in Detail)):
        assert "\r\nCLASS:PRIVATE\r\n" in text


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Lee Park", "L. P."),
        ("Ana", "A."),
        ("  ", ""),
        ("Åsa van der Öst", "Å. Ö."),
        ("ß x", "SS. X."),
    ],
)
def test_initials_are_those_of_the_first_and_the_last_name(name: str, short: str) -> None:
    assert initials(name) == short


@pytest.mark.parametrize("evil", PAYLOADS, ids=lambda text: ascii(text[:24]))
def test_no_text_makes_a_second_property(evil: str) -> None:
    plain, rotten = entry(), entry(service=evil, practitioner=evil, place=evil, video_link=evil)
    for delivery in Delivery:
        files = []
        for each, text in ((plain, "nice"), (rotten, evil)):
            now = replace(each, delivery=delivery)
            for_cho = [for_practitioner(now, text, text, PAGE, detail) for detail in Detail]
            event = for_client(now, text)
            event.add("organizer", calendar_user(text, "desk@example.com"))
            event.add("attendee", calendar_user(text, "lee@example.com", RSVP="FALSE"))
            files.append(
                calendar([event, *for_cho], method="REQUEST", name=text, x_wr_calname=text)
            )
        fine, text = files
        assert properties(text) == properties(fine)
        assert not set("\x0b\x0c\0\x85\u2028\u2029\x1c\u202e") & set(text)
        assert "\n" not in text.replace("\r\n", "")
        assert "\r" not in text.replace("\r\n", "")
        assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
        assert [user.uri for user in read(text).events[0].attendees] == ["mailto:lee@example.com"]


def test_what_is_folded_is_put_together_again() -> None:
    long = "Größe, € und 🌿; " * 700
    event = only_event(shown_to_client(service=long))
    assert event.summary == f"{long.strip()} with Cho Park, Riverside Clinic"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("lee+1@example.com", "mailto:lee+1@example.com"),
        ("a&b=c%d@example.com", "mailto:a%26b%3Dc%25d@example.com"),
        ("lee@example.com\r\nX-EVIL:1", "mailto:lee@example.com%20X-EVIL%3A1"),
    ],
)
def test_an_address_is_written_as_one_that_can_be_mailed_to(address: str, written: str) -> None:
    assert str(calendar_user("Lee", address)) == written


# What a clock on the wall shows at an instant, and an hour later: clocks that go forwards (the hour
# between doesn't exist) and backwards (it's there twice), north and south, by an hour and by half.
ON_THE_WALL = [
    ("America/New_York", "2027-03-14T06:30", "01:30 EST", "03:30 EDT"),
    ("America/New_York", "2027-03-14T07:00", "03:00 EDT", "04:00 EDT"),
    ("America/New_York", "2027-11-07T05:30", "01:30 EDT", "01:30 EST"),
    ("America/New_York", "2027-11-07T06:30", "01:30 EST", "02:30 EST"),
    ("Europe/Berlin", "2027-03-28T00:30", "01:30 CET", "03:30 CEST"),
    ("Europe/Berlin", "2027-10-31T00:30", "02:30 CEST", "02:30 CET"),
    ("Australia/Sydney", "2027-10-02T15:30", "01:30 AEST", "03:30 AEDT"),
    ("Australia/Sydney", "2027-04-03T15:30", "02:30 AEDT", "02:30 AEST"),
    ("Australia/Lord_Howe", "2027-10-02T15:15", "01:45 +1030", "03:15 +11"),
    ("Australia/Lord_Howe", "2027-04-03T14:45", "01:45 +11", "02:15 +1030"),
    ("America/Santiago", "2027-09-05T03:30", "23:30 -04", "01:30 -03"),
]


@pytest.mark.parametrize(("zone", "instant", "shown", "an_hour_later"), ON_THE_WALL)
def test_an_entry_is_an_instant_whatever_clocks_do(
    zone: str, instant: str, shown: str, an_hour_later: str
) -> None:
    starts = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    event = only_event(shown_to_client(starts_at=starts, ends_at=starts + HOUR))
    for at, words in ((event.dtstart, shown), (event.dtend, an_hour_later)):
        assert f"{at.astimezone(ZoneInfo(zone)):%H:%M %Z}" == words
    assert event.dtend - event.dtstart == HOUR
    assert "VTIMEZONE" not in shown_to_client()
