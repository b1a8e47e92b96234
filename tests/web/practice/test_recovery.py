"""A forgotten password: one mail, one link, one hour."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Act, Activity, Member, Message, SignIn
from portal.transaction import transaction
from tests.clinics import ANA, BEN, NOW
from tests.mail.laid_out import text_in
from tests.web.conftest import Clock
from tests.web.practice.people import csrf_token, try_to_sign_in
from tests.web.stopwatch import least_seconds
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn_ = Callable[[str], FlaskClient]
NEW = "correct horse battery"


def ask(visitor: Visitor, email: str = ANA) -> Page:
    return visitor.press(visitor.get("/forgotten-password"), "Mail me a link", email=email)


def mails(app: Flask) -> list[Message]:
    with app.app_context():
        return list(db.session.scalars(select(Message).order_by(Message.id)))


def link(app: Flask) -> str:
    """The path in the newest mail that has one."""
    for mail in reversed(mails(app)):
        if found := re.search(r"http://[^/\s]+(/forgotten-password/\S+)", text_in(app, mail)):
            return found[1]
    raise AssertionError("no mail has a link")


def choose(visitor: Visitor, address: str, password: str = NEW, again: str | None = None) -> Page:
    page = visitor.get(address)
    assert page.status == 200, page.text
    again = password if again is None else again
    return visitor.press(page, "Save the new password", password=password, again=again)


def test_the_sign_in_page_leads_to_it(clinic: Clinic, visitor: Visitor) -> None:
    clinic()
    address = visitor.get("/sign-in").one("a[href*=forgotten]")
    assert address.get_text() == "Forgotten password?"
    assert visitor.get(str(address["href"])).all("h1") == ["Forgotten password"]


def test_whoever_has_the_mail_chooses_another_password(
    clinic: Clinic, app: Flask, visitor: Visitor
) -> None:
    clinic()
    page = ask(visitor)
    assert "a mail with a link is on its way" in page.text
    (mail,) = mails(app)
    assert mail.recipient == ANA
    page = choose(visitor, link(app))
    assert page.url == "/sign-in?changed=1"
    assert "Your password is changed. Please sign in with it." in page.text
    assert try_to_sign_in(app.test_client(), ANA).status_code == 422
    assert try_to_sign_in(app.test_client(), ANA, NEW).status_code == 302
    assert "Your password was changed" in text_in(app, mails(app)[-1])
    with app.app_context():
        acts = list(db.session.scalars(select(Activity.act)))
        assert Act.PASSWORD_CHANGED.value in acts


@pytest.mark.parametrize(
    "make_impossible",
    [{"email": "nobody@example.com"}, {"deactivated_at": NOW}],
    ids=["unknown", "deactivated"],
)
def test_the_answer_is_the_same_for_an_address_that_gets_nothing(
    clinic: Clinic, app: Flask, make_impossible: dict[str, object]
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == ANA).values(**make_impossible))
    known, unknown = ask(Visitor(app.test_client()), BEN), ask(Visitor(app.test_client()), ANA)
    assert (known.status, unknown.status) == (200, 200)
    assert known.soup.main == unknown.soup.main
    assert [mail.recipient for mail in mails(app)] == [BEN]


@pytest.mark.usefixtures("real_hashes")
def test_the_answer_takes_as_long_for_an_unknown_address(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["SIGN_IN_TRIES"] = app.config["RECOVERY_MAILS"] = "100 per minute"
    browser = app.test_client()
    data = {"csrf_token": csrf_token(browser, "/forgotten-password")}

    def ask_for(email: str) -> Callable[[], object]:
        return lambda: browser.post("/forgotten-password", data={**data, "email": email})

    known, unknown = least_seconds(ask_for(ANA), ask_for("nobody@example.com"))
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize("email", ["", "ana", "x" * 300 + "@example.com", "a\x00@example.com"])
def test_what_is_no_address_is_said_beside_the_field(
    clinic: Clinic, app: Flask, visitor: Visitor, email: str
) -> None:
    clinic()
    page = ask(visitor, email)
    assert page.status == 422
    assert page.all("#email-error") == [
        "This isn’t an email address. It should look like lee@example.com."
    ]
    assert not mails(app)


def test_an_address_is_found_however_its_letters_are_typed(
    clinic: Clinic, app: Flask, visitor: Visitor
) -> None:
    clinic()
    ask(visitor, f"  {ANA.upper()} ")
    assert [mail.recipient for mail in mails(app)] == [ANA]


def test_the_link_is_made_from_the_base_url(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["BASE_URL"] = "https://book.example.com"
    browser = app.test_client()
    token = csrf_token(browser, "/forgotten-password")
    browser.post("/forgotten-password", data={"csrf_token": token, "email": ANA})
    (mail,) = mails(app)
    assert "https://book.example.com/forgotten-password/" in text_in(app, mail)


def test_a_link_works_once(clinic: Clinic, app: Flask, visitor: Visitor) -> None:
    clinic()
    ask(visitor)
    ask(visitor)
    first, second = (
        re.search(r"(/forgotten-password/\S+)", text_in(app, mail))[1]  # type: ignore[index]
        for mail in mails(app)
    )
    assert first != second
    choose(visitor, first)
    for address in (first, second):
        page = visitor.get(address)
        assert page.status == 410
        assert "This link doesn’t work any more." in page.text
        assert page.one("a[role=button]")["href"] == "/forgotten-password"


def test_a_page_left_open_saves_nothing_with_a_used_link(
    clinic: Clinic, app: Flask, visitor: Visitor
) -> None:
    clinic()
    ask(visitor)
    open_page = visitor.get(link(app))
    choose(visitor, link(app))
    typed = {"password": "something else", "again": "something else"}
    assert visitor.press(open_page, "Save the new password", **typed).status == 410
    assert try_to_sign_in(app.test_client(), ANA, NEW).status_code == 302


def test_a_link_works_for_an_hour(
    clinic: Clinic, app: Flask, visitor: Visitor, time: Clock
) -> None:
    clinic()
    ask(visitor)
    time.pass_(timedelta(minutes=59))
    assert visitor.get(link(app)).status == 200
    time.pass_(timedelta(minutes=1))
    assert visitor.get(link(app)).status == 410


@pytest.mark.parametrize("token", ["x", "a.b", "WzEsIngiLDFd.AAAA", "%00", "é" * 30])
def test_what_is_no_link_is_gone(clinic: Clinic, visitor: Visitor, token: str) -> None:
    clinic()
    assert visitor.get(f"/forgotten-password/{token}").status == 410


def test_a_link_of_one_person_is_none_of_anothers(
    clinic: Clinic, app: Flask, visitor: Visitor
) -> None:
    clinic()
    ask(visitor)
    payload, _, signature = link(app).rpartition(".")
    ask(visitor, BEN)
    bens = link(app).rpartition(".")[0]
    assert visitor.get(f"{bens}.{signature}").status == 410
    assert visitor.get(f"{payload}.{signature[:-2]}").status == 410


def test_opening_the_link_changes_nothing(clinic: Clinic, app: Flask, visitor: Visitor) -> None:
    clinic()
    ask(visitor)
    for _ in range(3):
        visitor.get(link(app))
    assert try_to_sign_in(app.test_client(), ANA).status_code == 302


def test_another_password_by_the_link_ends_every_sign_in(
    clinic: Clinic, app: Flask, visitor: Visitor, sign_in: SignIn_
) -> None:
    clinic()
    browser = sign_in(ANA)
    ask(visitor)
    choose(visitor, link(app))
    assert browser.get("/practice/services").status_code == 303
    with app.app_context():
        assert None not in list(db.session.scalars(select(SignIn.ended_at)))


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [
        ("short", None, "A password has at least 10 characters."),
        (NEW, "different", "The two passwords are different."),
    ],
)
def test_a_password_that_wont_do_leaves_the_link_as_it_is(
    clinic: Clinic,
    app: Flask,
    visitor: Visitor,
    password: str,
    again: str | None,
    sentence: str,
) -> None:
    clinic()
    ask(visitor)
    page = choose(visitor, link(app), password, again)
    assert (page.status, page.all(".error")) == (422, [sentence])
    assert choose(visitor, link(app)).status == 200


def test_strangers_dont_fill_an_inbox_and_learn_nothing_from_it(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["RECOVERY_MAILS"] = "2 per hour"
    for email in (ANA, "nobody@example.com"):
        statuses = [ask(Visitor(app.test_client()), email).status for _ in range(3)]
        assert statuses == [200, 200, 429]
    assert len(mails(app)) == 2


def test_tries_of_one_visitor_are_counted(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["SIGN_IN_TRIES"] = "2 per minute"
    emails = (ANA, BEN, "nobody@example.com")
    assert [ask(Visitor(app.test_client()), email).status for email in emails] == [200, 200, 429]
