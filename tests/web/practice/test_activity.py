"""The activity log in the browser: who reads it, what it says, and how it's filtered."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.actions.activity import record
from portal.db import db
from portal.models import Act, Activity, Actor, Member, Package
from portal.queries.activity import Entry
from portal.transaction import transaction
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
    assert "Tue, Mar 2, 08:00 · fields: name" in words(soup(page).select_one("#acts li"))


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
