"""Joining the team by the link in a mail: opening it changes nothing, joining signs in."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.joining import INVITATION, invite_to_team, revoke_invitation
from portal.actions.team import About
from portal.db import db
from portal.models import Member, Message, Role, TeamInvitation
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction
from tests.clinics import ANA, BEN, NOW
from tests.mail.laid_out import text_of
from tests.web.conftest import Clock
from tests.web.practice.people import AFTER_SIGN_IN
from tests.web.visitor import Visitor

GUS = "gus@example.com"
PASSWORD = "seven cows in a meadow"
TWICE = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def invited(reset_clinic: Callable[..., None], app: Flask) -> Callable[[], str]:
    """Load the clinic and invite Gus; returns the path of the link in the mail."""

    def invite() -> str:
        reset_clinic()
        with app.app_context():
            role = db.session.scalars(select(Role.id).where(Role.name == "Coach")).one()
            about = About("Gus Lind", GUS, role, Kind.PRACTITIONER)
            invite_to_team(about, member(ANA), NOW)
            text = text_of(db.session.scalars(select(Message)).one())
        found = re.search(r"/join/[\w-]{22}", text)
        assert found
        return found[0]

    return invite


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def test_the_page_says_who_invites_and_changes_nothing(
    invited: Callable[[], str], app: Flask, visitor: Visitor
) -> None:
    link = invited()
    for _ in range(2):
        page = visitor.get(link)
        assert page.status == 200
    assert "Ana Ruiz invites you to the team of Riverside Clinic. Your role: Coach" in page.text
    assert "You’ll sign in as gus@example.com." in page.text
    assert page.one("#name")["value"] == "Gus Lind"
    with app.app_context():
        assert db.session.scalars(select(TeamInvitation.accepted_at)).one() is None
        assert not db.session.scalars(select(Member).where(Member.email == GUS)).all()


def test_joining_signs_in_and_leads_to_my_services(
    invited: Callable[[], str], app: Flask, visitor: Visitor
) -> None:
    page = visitor.press(visitor.get(invited()), "Join", name="Gus L.", **TWICE)
    assert page.status == 200
    assert page.url == "/practice/services"
    assert "Gus L." in page.all(".who")
    assert "Gus L." in visitor.get("/team").text
    with app.app_context():
        assert member(GUS).kind is Kind.PRACTITIONER


def test_who_joined_signs_in_with_that_password(
    invited: Callable[[], str], app: Flask, visitor: Visitor
) -> None:
    visitor.press(visitor.get(invited()), "Join", **TWICE)
    other = Visitor(app.test_client())
    page = other.press(other.get("/sign-in"), "Sign in", email=GUS, password=PASSWORD)
    assert page.url == AFTER_SIGN_IN


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"password": "short", "again": "short"}, "password", "at least 10 characters"),
        ({"again": PASSWORD + "x"}, "again", "different"),
        ({"name": " "}, "name", "fill this in"),
        ({"password": "x" * 1001, "again": "x" * 1001}, "password", "at most"),
    ],
)
def test_what_will_not_do_is_shown_again_without_the_password(
    invited: Callable[[], str],
    app: Flask,
    visitor: Visitor,
    typed: dict[str, str],
    field: str,
    sentence: str,
) -> None:
    data = {"name": "Gus L.", **TWICE} | typed
    page = visitor.press(visitor.get(invited()), "Join", **data)
    assert page.status == 422
    assert sentence in page.all(f"#{field}-error")[0]
    assert page.one(f"#{field}")["aria-invalid"] == "true"
    assert page.one("#name")["value"] == data["name"].strip()
    assert not page.one("#password").get("value")
    with app.app_context():
        assert not db.session.scalars(select(Member).where(Member.email == GUS)).all()


def test_a_link_that_is_of_no_use_any_more_says_why(
    invited: Callable[[], str], app: Flask, visitor: Visitor, time: Clock
) -> None:
    link = invited()
    form = visitor.get(link)
    time.pass_(INVITATION)
    assert (visitor.get(link).status, visitor.press(form, "Join", **TWICE).status) == (410, 410)
    assert "expired" in visitor.get(link).text
    time.pass_(-INVITATION)
    visitor.press(form, "Join", **TWICE)
    page = Visitor(app.test_client()).get(link)
    assert page.status == 410
    assert "used already" in page.text


def test_a_revoked_link_says_so(invited: Callable[[], str], app: Flask, visitor: Visitor) -> None:
    link = invited()
    with app.app_context():
        revoke_invitation(1, member(ANA), NOW)
    page = visitor.get(link)
    assert page.status == 410
    assert "was revoked" in page.text


def test_an_unknown_link(invited: Callable[[], str], visitor: Visitor) -> None:
    invited()
    assert visitor.get(f"/join/{'x' * 22}").status == 404
    assert visitor.get("/join/short").status == 404


def test_an_address_that_somebody_got_meanwhile_is_refused(
    invited: Callable[[], str], app: Flask, visitor: Visitor
) -> None:
    form = visitor.get(invited())
    with app.app_context(), transaction():
        member(BEN).email = GUS
    page = visitor.press(form, "Join", **TWICE)
    assert page.status == 409
    assert "is on the team with this address" in page.text
