"""Changing the practice: its settings, its logo, and what is recorded of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.actions.practice import (
    LOGO_BYTES,
    PracticeSettings,
    ZoneUnconfirmed,
    change_logo,
    change_mail_settings,
    change_settings,
    remove_logo,
    remove_mail_settings,
)
from portal.db import db
from portal.errors import Changed, WrongField
from portal.mail.servers import MailServer
from portal.models import Act, Activity, Confirm, MailSecurity, MailSettings, Member, Practice
from portal.scheduling.eligibility import Plan
from tests.clinics import ANA, NOW
from tests.pictures import png

Clinic = Callable[..., None]
PNG = png()

SETTINGS = PracticeSettings(
    name="Riverside Clinic",
    timezone="America/New_York",
    plan=Plan.TEAM,
    currency="USD",
    confirm=Confirm.REQUEST,
    min_notice_minutes=0,
    horizon_days=60,
    slot_step_minutes=15,
    late_cancel_hours=24,
    late_cancel_returns_credit=True,
    late_cancel_forbidden=False,
    cancellation_policy="",
    place=None,
    video_link=None,
    accent=None,
    language="en",
    running_out_at=None,
    reminders=[1440],
)
"""What tests/clinics.py loads."""


def ana() -> Member:
    return db.session.scalars(select(Member).where(Member.email == ANA)).one()


def practice() -> Practice:
    db.session.rollback()
    return db.session.get_one(Practice, 1)


def log() -> list[tuple[str, dict[str, object]]]:
    acts = (Act.SETTINGS_CHANGED, Act.MAIL_SETTINGS_CHANGED)
    rows = db.session.scalars(select(Activity).where(Activity.act.in_(acts)))
    return [(row.act, row.details) for row in rows]


def test_what_changed_is_stored_and_recorded_by_name(clinic: Clinic) -> None:
    clinic()
    wanted = replace(
        SETTINGS, name="Lakeside", accent="#7a4bb5", late_cancel_forbidden=True, place="Pier 1"
    )
    assert change_settings(practice().version, wanted, None, ana(), NOW) == (
        "name",
        "late_cancel_forbidden",
        "place",
        "accent",
    )
    stored = practice()
    assert (stored.name, stored.accent, stored.place) == ("Lakeside", "#7a4bb5", "Pier 1")
    assert stored.late_cancel_forbidden
    fields = ["name", "late_cancel_forbidden", "place", "accent"]
    assert log() == [(Act.SETTINGS_CHANGED, {"fields": fields})]


def test_saving_what_is_stored_changes_and_records_nothing(clinic: Clinic) -> None:
    clinic()
    version = practice().version
    assert change_settings(version, SETTINGS, None, ana(), NOW) == ()
    assert practice().version == version
    assert log() == []


def test_of_two_who_edit_the_second_is_told(clinic: Clinic) -> None:
    clinic()
    seen = practice().version
    change_settings(seen, replace(SETTINGS, name="First"), None, ana(), NOW)
    with pytest.raises(Changed):
        change_settings(seen, replace(SETTINGS, name="Second"), None, ana(), NOW)
    assert practice().name == "First"


@pytest.mark.parametrize("confirmed", [None, "", "Europe/Berlin"])
def test_another_zone_has_to_be_confirmed_and_no_other_one(
    clinic: Clinic, confirmed: str | None
) -> None:
    clinic()
    wanted = replace(SETTINGS, timezone="Europe/Vienna", name="Lakeside")
    seen = practice().version
    with pytest.raises(ZoneUnconfirmed):
        change_settings(seen, wanted, confirmed, ana(), NOW)
    assert (practice().timezone, practice().name) == ("America/New_York", "Riverside Clinic")
    change_settings(seen, wanted, "Europe/Vienna", ana(), NOW)
    assert practice().timezone == "Europe/Vienna"


def test_a_logo_is_stored_and_removed(clinic: Clinic) -> None:
    clinic()
    first = practice().version
    change_logo(first, PNG, ana(), NOW)
    assert (practice().logo, practice().logo_type) == (PNG, "image/png")
    with pytest.raises(Changed):
        remove_logo(first, ana(), NOW)
    remove_logo(practice().version, ana(), NOW)
    assert (practice().logo, practice().logo_type) == (None, None)
    assert log() == [(Act.SETTINGS_CHANGED, {"fields": ["logo"]})] * 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", id="svg"),
        pytest.param(b"GIF89a and so on", id="gif"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(PNG[:8], id="signature alone"),
        pytest.param(PNG.ljust(LOGO_BYTES + 1), id="too large"),
    ],
)
def test_what_is_no_small_picture_is_refused(clinic: Clinic, content: bytes) -> None:
    clinic()
    with pytest.raises(WrongField):
        change_logo(practice().version, content, ana(), NOW)
    assert practice().logo_type is None


def test_mail_settings_are_changed_and_removed(clinic: Clinic) -> None:
    clinic()
    server = MailServer("one.example.com", 587, MailSecurity.STARTTLS, None, None, "a@example.com")
    change_mail_settings(server, ana(), NOW)
    change_mail_settings(replace(server, server="two.example.com"), ana(), NOW)
    assert db.session.get_one(MailSettings, 1).server == "two.example.com"
    remove_mail_settings(ana(), NOW)
    remove_mail_settings(ana(), NOW)
    assert db.session.get(MailSettings, 1) is None
    assert log() == [
        (Act.MAIL_SETTINGS_CHANGED, {}),
        (Act.MAIL_SETTINGS_CHANGED, {}),
        (Act.MAIL_SETTINGS_CHANGED, {"removed": True}),
    ]
