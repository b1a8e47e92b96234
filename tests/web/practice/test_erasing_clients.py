"""The page that erases a client: what it says first, its tick, and what is left after it."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from portal.db import db
from portal.models import Client
from tests.clinics import ANA, BEN, DEE
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def test_it_says_what_goes_and_stays_and_wants_a_tick(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    dee = Visitor(sign_in(DEE))
    details = dee.get("/clients/1")
    (link,) = [a for a in details.soup.select("a") if a.get_text() == "Erase this client"]
    asks = dee.get(str(link["href"]))
    assert asks.all("h2")[-2:] == ["What goes", "What stays"]
    assert "can’t be undone" in asks.text
    refused = dee.press(asks, "Erase")
    assert refused.status == 422
    assert "Please tick the box to confirm." in refused.text
    with app.app_context():
        assert db.session.query(Client).one().name == "Lee Park"
    gone = dee.press(refused, "Erase", sure="y")
    assert gone.all("h1") == ["Erased client 1"]
    assert "What was personal is gone." in gone.text
    assert "Lee" not in gone.text
    # There's nothing to save any more, or to do with them.
    assert not gone.soup.select("#client-editor, .client-acts")
    assert dee.get("/clients/1/erasure").soup.select("form.sheet") == []


def test_sessions_to_come_are_listed_with_the_way_to_them(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    visitor = Visitor(app.test_client())
    start = visitor.get("/book/reset?service=follow-up")
    visitor.book(start, start.openings()[0])
    dee = Visitor(sign_in(DEE))
    asks = dee.get("/clients/1/erasure")
    assert "Cancel them first" in asks.text
    assert len(asks.all(".sheet li")) == 1
    assert "/clients/1/sessions" in [a["href"] for a in asks.soup.select(".sheet a")]
    # A page that was opened before they booked.
    token = asks.one("form[action='/sign-out'] [name=csrf_token]")["value"]
    data = {"csrf_token": token, "sure": "y"}
    answer = Page(dee.client.post("/clients/1/erasure", data=data))
    assert answer.status == 409
    assert "Please cancel each session to come first" in answer.text


def test_only_whoever_sees_every_client(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben, ana = sign_in(BEN), sign_in(ANA)
    assert ben.get("/clients/1/erasure").status_code == 403
    assert ana.get("/clients/99/erasure").status_code == 404
    assert "Erase this client" not in ben.get("/clients/1").text
