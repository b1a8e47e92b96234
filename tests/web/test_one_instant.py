"""A session around a change of the clock: page, mail and calendar file name one instant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from portal.db import db
from portal.models import Booking, Message
from portal.web.templating import clock_time
from tests.clinics import ANA, LEE
from tests.mail.laid_out import calendar_of, text_of
from tests.web.conftest import Clock
from tests.web.visitor import Visitor

Load = Callable[..., None]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY = {"from": "00:00", "to": "24:00", "services": None, "delivery": None}
ANA_AROUND_THE_CLOCK = {
    "member": ANA,
    "weekly": [{"day": day, **ALL_DAY} for day in DAYS],
    "overrides": [],
    "time_off": [],
}

CHANGES = [
    pytest.param("America/New_York", "2027-03-14T07:00", "03:00", id="New York skips two to three"),
    pytest.param("Europe/Berlin", "2028-10-29T01:00", "02:00", id="Berlin has two to three twice"),
    pytest.param("Australia/Lord_Howe", "2029-10-06T15:30", "02:30", id="Lord Howe skips half"),
    pytest.param("Africa/Cairo", "2030-04-25T22:00", "01:00", id="Cairo skips midnight"),
    pytest.param("America/Havana", "2026-11-01T05:00", "00:00", id="Havana has midnight twice"),
]


def starts(calendar: str | bytes) -> datetime:
    """When the one event of a calendar file begins."""
    found: datetime = Calendar.from_ical(calendar).walk("VEVENT")[0]["DTSTART"].dt
    return found


def named(local: datetime) -> str:
    """A time as it's written: one that comes twice has the name of its clock."""
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return f"{local:%H:%M}" if first == second else f"{local:%H:%M %Z}"


@pytest.mark.parametrize(("zone", "changes_at", "then_shows"), CHANGES)
def test_all_say_when_it_is(
    reset_clinic: Load,
    visitor: Visitor,
    app: Flask,
    time: Clock,
    zone: str,
    changes_at: str,
    then_shows: str,
) -> None:
    change = datetime.fromisoformat(changes_at).replace(tzinfo=UTC)
    time.at = change - 3 * DAY
    reset_clinic(
        practice={"timezone": zone},
        follow_up={"confirm": "instant"},
        availability=[ANA_AROUND_THE_CLOCK],
    )
    clock = ZoneInfo(zone)
    assert f"{change.astimezone(clock):%H:%M}" == then_shows
    for start in (change - HOUR, change):
        day = start.astimezone(clock).date()
        page = visitor.get(f"/book/reset?service=follow-up&week={day}")
        button = page.one(f".slots button[value$='@{int(start.timestamp())}']")
        local, end = start.astimezone(clock), (start + HOUR).astimezone(clock)
        assert button.get_text(" ").split()[0] == f"{local:%H:%M}"
        # The other buttons go: a time that comes twice is on two of them.
        for other in page.soup.select(".slots button"):
            if other is not button:
                other.decompose()
        booked = visitor.book(page, button.get_text().strip(), email=LEE)

        period = f"{named(local)}–{named(end)}"
        when = booked.one(".when time")
        assert datetime.fromisoformat(str(when["datetime"])) == start
        assert period in when.get_text()
        file = visitor.get(f"{booked.url.split('?')[0]}/calendar.ics").response.get_data()
        assert starts(file) == start
        with app.app_context():
            newest = select(Message).where(Message.recipient == LEE).order_by(Message.id.desc())
            mail = db.session.scalars(newest).first()
            assert mail
            assert starts(calendar_of(mail)) == start
            assert period in text_of(mail)
            assert db.session.scalars(select(Booking.starts_at)).all()[-1] == start


def test_two_instants_at_which_the_clock_shows_the_same_are_told_apart() -> None:
    # Equal as Python has it, since they are on the same zone's clock.
    first = datetime(2027, 11, 7, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    second = first.replace(fold=1)
    assert first == second
    read = [clock_time(instant, ZoneInfo("America/New_York")) for instant in (first, second, first)]
    assert read == ["01:30 EDT", "01:30 EST", "01:30 EDT"]
