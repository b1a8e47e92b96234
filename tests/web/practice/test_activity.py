"""The activity log in the browser: who reads it, what it says, and how it's filtered."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.actions import services
from portal.actions.activity import record
from portal.actions.practice import PracticeSettings
from portal.db import db
from portal.mail.account_changed import Change
from portal.models import Act, Activity, Actor, Member, Package
from portal.queries.activity import Entry, Log
from portal.queries.client_package_values import OwnValues
from portal.queries.packages import PackageValues
from portal.queries.paging import Paged
from portal.transaction import transaction
from portal.web.accounts import signing_in
from portal.web.practice.activity_details import FIELDS, HOW, WHAT, what_changed
from portal.web.practice.activity_words import NOUNS, WORDS, sentence
from tests.clinics import ANA, BEN, DEE, NOW
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

SignIn = Callable[[str], FlaskClient]


def lines(answer: Any) -> list[str]:
    """The sentences of the log, as a person reads them."""
    return [words(line) for line in soup(answer).select("#acts li p:first-child")]


@pytest.fixture
def acts(app: Flask, clinic: Callable[..., None]) -> None:
    """Ana shared Reset's short link, and Ben archived it, the day after."""
    clinic()
    with app.app_context(), transaction() as session:
        people = {m.email: m for m in session.scalars(select(Member))}
        reset = session.scalars(select(Package)).one()
        record(session, Act.SHORT_LINK_MADE, reset, NOW, by=people[ANA])
        later = NOW.replace(day=NOW.day + 1)
        record(session, Act.MEMBER_CHANGED, people[BEN], later, by=people[BEN], fields=["name"])


def test_the_newest_act_comes_first_with_who_did_what(acts: None, sign_in: SignIn) -> None:
    page = sign_in(ANA).get("/activity?first=2027-03-01&last=2027-03-02")
    assert lines(page) == [
        "Ben Okafor changed the team member Ben Okafor",
        "Ana Ruiz made the short link of Reset",
        "Whoever runs the site loaded a clinic file",
    ]
    assert "Tue, Mar 2, 08:00 · changed: name" in words(soup(page).select_one("#acts li"))


def test_the_log_is_filtered_by_noun_person_and_the_clinic_s_dates(
    acts: None, sign_in: SignIn
) -> None:
    browser = sign_in(ANA)
    ben = "Ben Okafor changed the team member Ben Okafor"
    link = "Ana Ruiz made the short link of Reset"
    assert lines(browser.get("/activity?noun=package")) == [link]
    assert lines(browser.get("/activity?noun=member")) == [ben]
    assert lines(browser.get("/activity?first=2027-03-02&last=2027-03-02")) == [ben]
    person = soup(browser.get("/activity")).find("option", string="Ben Okafor")
    assert person is not None
    assert lines(browser.get(f"/activity?by={person['value']}&noun=member")) == [ben]
    assert "Nothing is found." in browser.get("/activity?noun=role").text


def test_a_filter_that_makes_no_sense_is_none(acts: None, sign_in: SignIn) -> None:
    browser = sign_in(ANA)
    for wrong in (
        "first=tomorrow",
        "by=99999999999999999999",
        "noun=%",
        "page=-3",
        "last=0001-01-01",
    ):
        answer = browser.get(f"/activity?{wrong}")
        assert answer.status_code == 200
        assert len(lines(answer)) >= 3


def test_the_list_alone_is_what_the_page_has(acts: None, sign_in: SignIn) -> None:
    browser = sign_in(ANA)
    alone = browser.get("/activity?noun=package", headers=FRAGMENT)
    assert "<html" not in alone.text
    assert lines(alone) == lines(browser.get("/activity?noun=package"))


@pytest.mark.parametrize(
    ("dee_may", "status"), [(["offers", "clients", "team"], 403), (["settings"], 200)]
)
def test_the_log_is_for_whoever_may_change_the_settings(
    clinic: Callable[..., None], sign_in: SignIn, dee_may: list[str], status: int
) -> None:
    clinic(dee_may=dee_may)
    assert sign_in(DEE).get("/activity").status_code == status
    assert sign_in(BEN).get("/activity").status_code == 403


def test_every_act_has_its_words_and_its_filter() -> None:
    for act in Act:
        assert WORDS[act]
        assert act.value.split(".")[0] in NOUNS


def test_a_percent_sign_in_a_name_stays_one() -> None:
    entry = Entry(NOW, Act.PACKAGE_ADDED.value, Actor.MEMBER, "Ana", "100%(about)s", {})
    assert sentence(entry) == "Ana made the package 100%(about)s"


NAMES = {
    ("member", 2): "Ben",
    ("member", 3): "Cho",
    ("role", 2): "Coach",
    ("package", 4): "Reset",
    ("service", 4): "Intake",
}
LOG = Log(Paged((), 1, 1, 0), ZoneInfo("America/New_York"), (), NAMES)
START = "2027-03-05T14:00:00+00:00"


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({}, ""),
        ({"fields": []}, ""),
        ({"fields": ["lines", "team_booking"]}, "changed: sessions and services, team booking"),
        ({"from": "private", "to": "all"}, "from: private; to: all team members"),
        ({"from": "members: 2, 3", "to": "roles: 2"}, "from: Ben, Cho; to: Coach"),
        ({"from": 2, "to": 9}, "from: Ben; to: something that’s gone"),
        ({"from": 2, "to": 3, "outside": None}, "from: Ben; to: Cho"),
        ({"outside": "hours"}, "although: it’s outside their hours"),
        (
            {"obstacles": ["time_off", "overlap"]},
            "although: they had time off, it’s over another session",
        ),
        ({"how": "first run"}, "with: the set-up page"),
        ({"what": "two_factor_off"}, "what: turned off"),
        ({"what": "passkey_added"}, ""),
        ({"rights": []}, "rights: none"),
        ({"rights": ["offers", "gone"]}, "rights: Edit packages and sharing, gone"),
        ({"client_packages": 6, "bookings": 711}, "clients’ packages: 6; sessions: 711"),
        ({"team_booking": "any"}, "clients can book with: any team member"),
        ({"package": 4}, "package: Reset"),
        ({"copy_of": 4}, "a copy of: Intake"),
        ({"weekdays": [0, 6]}, "days: Mon, Sun"),
        ({"date": "2027-03-05", "became": "closed"}, "date: Fri, Mar 5; now: closed"),
        ({"start": START}, "from: Fri, Mar 5, 09:00"),
        ({"kept": [7, 8]}, "kept: 2 sessions"),
        ({"kept": []}, ""),
        ({"removed": True}, "removed: yes"),
        ({"some_day": ["a", "b"]}, "some day: a, b"),
    ],
)
def test_details_are_in_words_that_people_know(
    app: Flask, details: dict[str, Any], words: str
) -> None:
    entry = Entry(NOW, "any.act", Actor.MEMBER, "Ana", "Reset", details)
    with app.test_request_context():
        assert what_changed(entry, LOG) == words


def test_every_field_and_way_that_is_recorded_has_its_words() -> None:
    recorded = {
        *PackageValues.__slots__,
        *OwnValues.__slots__,
        *PracticeSettings.__slots__,
        *services.PLAIN,
        *("delivery", "owner_id", "slug", "email", "role", "kind", "rights", "daily_cap", "logo"),
    }
    assert recorded - FIELDS.keys() == set()
    assert {*signing_in.HOW.values(), "invitation", "link"} == HOW.keys()
    # These two are acts of their own.
    assert {each.value for each in Change} - WHAT.keys() <= {"password", "email"}


def test_the_names_of_what_is_mentioned_are_on_the_page(
    app: Flask, clinic: Callable[..., None], sign_in: SignIn
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        reset = session.scalars(select(Package)).one()
        people = {m.email: m for m in session.scalars(select(Member))}
        moved: dict[str, Any] = {"from": people[ANA].id, "to": people[BEN].id}
        record(session, Act.PACKAGE_HANDED_OVER, reset, NOW, by=people[ANA], **moved)
        record(session, Act.INVITE_SENT, people[BEN], NOW, by=people[ANA], package=reset.id)
    page = soup(sign_in(ANA).get("/activity"))
    shown = [words(line) for line in page.select("#acts li p:last-child")]
    assert any(line.endswith("from: Ana Ruiz; to: Ben Okafor") for line in shown)
    assert any(line.endswith("package: Reset") for line in shown)


def test_sharing_and_inviting_are_in_the_log(
    app: Flask, clinic: Callable[..., None], sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    with app.app_context():
        reset = db.session.scalars(select(Package.id)).one()
    token = csrf_token(browser, f"/packages/{reset}/share")
    browser.post(f"/packages/{reset}/short-link", data={"csrf_token": token})
    browser.post(f"/packages/{reset}/short-link", data={"csrf_token": token})
    browser.post(f"/packages/{reset}/short-link/replacement", data={"csrf_token": token})
    with app.app_context():
        query = select(Activity.act).where(Activity.act.startswith("package."))
        # Showing the link that is there already is no act.
        assert db.session.scalars(query.order_by(Activity.id)).all() == [
            Act.SHORT_LINK_MADE,
            Act.SHORT_LINK_REPLACED,
        ]
