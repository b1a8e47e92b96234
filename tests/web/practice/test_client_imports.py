"""Importing clients without scripts: upload, look, confirm, and reload until it's done."""

import io
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from portal.actions.client_imports import take_over_clients
from tests.clinics import ANA, DEE, NOW, lee
from tests.web.practice.people import FRAGMENT, csrf_token, soup
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
FILE = "name,email\nKim,kim@example.com\nLee,lee@example.com\nAda,nothing\n"


def upload(browser: FlaskClient, content: str = FILE, name: str = "people.csv") -> Page:
    data = {
        "csrf_token": csrf_token(browser, "/clients/imports"),
        "file": (io.BytesIO(content.encode()), name),
    }
    return Page(browser.post("/clients/imports", data=data, follow_redirects=True))


def test_a_file_is_looked_at_confirmed_and_taken_over(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(clients=[lee()])
    browser = sign_in(ANA)
    ana = Visitor(browser)
    preview = upload(browser)
    assert preview.url == "/clients/imports/1"
    assert preview.all("nav.states li") == ["New 1", "Known already 1", "Wrong 1"]
    assert "Line 4: Ada nothing" in preview.all(".rows li")[0]
    assert "isn’t an email address" in preview.one(".rows .wrong").text
    assert "Line 2: Kim" in ana.get("/clients/imports/1?show=new").one(".rows li").text
    assert ana.get("/clients?words=kim").all(".client-row") == []
    begun = ana.press(preview, "Add one client")
    assert "0 of 3 lines" in begun.text
    assert begun.one("#progress")["hx-trigger"] == "every 1s"
    with app.app_context():
        take_over_clients(NOW, size=2)
    alone = soup(browser.get("/clients/imports/1", headers=FRAGMENT))
    assert "2 of 3 lines" in alone.text
    assert not alone.find("h1")
    with app.app_context():
        take_over_clients(NOW)
    done = ana.get("/clients/imports/1")
    assert "One client was added." in done.text
    assert "known already" in done.text
    # It asks no more.
    assert not done.one("#progress").has_attr("hx-get")
    assert ana.get("/clients?words=kim").all(".client-row strong") == ["Kim"]


def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    for content in ("", "age\n9\n"):
        refused = upload(browser, content)
        assert refused.status == 422
        assert "one of them has to be “name”" in refused.one("#file-error").text
    token = csrf_token(browser, "/clients/imports")
    nothing = Page(browser.post("/clients/imports", data={"csrf_token": token}))
    assert "Please choose a file." in nothing.one("#file-error").text


def test_a_file_is_discarded_and_is_nobody_else_s(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    preview = upload(browser)
    assert sign_in(DEE).get("/clients/imports/1").status_code == 404
    assert "Go on with people.csv" in Visitor(browser).get("/clients/imports").text
    left = Visitor(browser).press(preview, "Discard the file")
    assert left.url == "/clients/imports"
    assert "people.csv" not in left.text
    assert browser.get("/clients/imports/1").status_code == 404


def test_a_file_with_nobody_new_cannot_be_begun(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee()])
    browser = sign_in(ANA)
    preview = upload(browser, "name,email\nLee,lee@example.com\n")
    assert "Add" not in " ".join(preview.all("button"))
    token = csrf_token(browser, "/clients/imports")
    url = "/clients/imports/1/beginning"
    refused = Page(browser.post(url, data={"csrf_token": token}))
    assert refused.status == 409
    assert "There is nobody new in this file." in refused.text
