"""The forms of availability, as a test reads them, fills them in and looks at what was stored."""

from datetime import date
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal.db import db
from portal.models import WeeklyHours
from portal.web.forms.availability import DAYS, wall_time
from tests.web.practice.people import soup

ANAS, BENS, CHOS, DEES = (f"/availability/{number}" for number in (1, 2, 3, 4))
TUESDAY, WEDNESDAY = date(2027, 3, 2), date(2027, 3, 3)


def form_of(answer: Any, form_id: str) -> MultiDict[str, str]:
    """What a form on the page would send as it stands, every box that is ticked."""
    found = MultiDict[str, str]()
    form = soup(answer).find("form", id=form_id)
    assert isinstance(form, Tag)
    for field in form.select("input[name], select[name]"):
        if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        if field.name == "select":
            field = field.select_one("option[selected]") or field.select_one("option")
            found.add(str(form.select_one("select")["name"]), str(field["value"]))  # type: ignore[index]
        else:
            found.add(str(field["name"]), str(field.get("value", "")))
    return found


def filled(form: MultiDict[str, str], changes: dict[str, Any]) -> MultiDict[str, str]:
    """The form with other values in these fields; a list is several values, or none."""
    data = MultiDict[str, str](form)
    for name, value in changes.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def plain(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """What the form holds, without the token, which is signed anew each time."""
    return {name: form.getlist(name) for name in form if name != "csrf_token"}


def week_of(browser: FlaskClient, url: str = BENS) -> MultiDict[str, str]:
    return form_of(browser.get(url), "hours-editor")


def shown(answer: Any) -> dict[str, list[str]]:
    """The times in the form, by day."""
    element = answer if isinstance(answer, BeautifulSoup) else soup(answer)
    return {
        day: [
            "-".join(str(field["value"]) for field in stretch.select("input[type=time]"))
            for stretch in element.select(f"li.stretch[id^={day}-]")
        ]
        for day in DAYS
    }


def stored(app: Flask, member: int = 2) -> dict[str, list[str]]:
    """The weekly hours in the database, by day."""
    with app.app_context():
        rows = db.session.scalars(
            select(WeeklyHours)
            .where(WeeklyHours.member_id == member)
            .order_by(WeeklyHours.start_minute)
        )
        found: dict[str, list[str]] = {day: [] for day in DAYS}
        for row in rows:
            times = wall_time(row.start_minute), wall_time(row.end_minute)
            found[DAYS[row.weekday]].append("-".join(times))
        return found
