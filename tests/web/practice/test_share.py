"""Share link: as a page of its own, as a fragment for the dialog, and the QR code."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from tests.clinics import ANA, BEN, CHO, DEE
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
LONG = "http://127.0.0.1:8000/book/reset"
SHORT = "http://127.0.0.1:8000/s/"


def post(browser: FlaskClient, path: str, **options: Any) -> Any:
    """Press a button of the page."""
    token = csrf_token(browser, "/packages/1/share")
    return browser.post(path, data={"csrf_token": token}, **options)


def address(answer: Any) -> str:
    """What the Copy button copies."""
    page = soup(answer)
    button = page.find("button", string="Copy")
    assert button
    field = page.find(id=button["data-copy"])
    assert field.has_attr("readonly")
    return str(field["value"])


def switch(answer: Any) -> str:
    """Whether the toggle is on."""
    return str(soup(answer).select_one("[role=switch]")["aria-checked"])


def test_scenario_29_copy_gives_the_full_address_and_with_the_toggle_on_the_short_one(
    clinic: Clinic, sign_in: SignIn, client: FlaskClient
) -> None:
    clinic()
    browser = sign_in(ANA)
    page = browser.get("/packages/1/share")
    assert (address(page), switch(page)) == (LONG, "false")
    answer = post(browser, "/packages/1/short-link")
    assert answer.status_code == 303
    page = browser.get(answer.location)
    short = address(page)
    assert short.startswith(SHORT)
    assert switch(page) == "true"
    assert client.get(LONG.removeprefix("http://127.0.0.1:8000")).status_code == 200
    followed = client.get(short.removeprefix("http://127.0.0.1:8000"))
    assert followed.location.endswith("/book/reset")


def test_the_short_link_is_stable_and_switching_off_breaks_nothing(
    clinic: Clinic, sign_in: SignIn, client: FlaskClient
) -> None:
    clinic()
    browser = sign_in(ANA)
    first = address(browser.get(post(browser, "/packages/1/short-link").location))
    assert address(browser.get("/packages/1/share?short=0")) == LONG
    again = address(browser.get(post(browser, "/packages/1/short-link").location))
    assert again == first == address(sign_in(BEN).get("/packages/1/share?short=1"))
    assert client.get(first.removeprefix("http://127.0.0.1:8000")).status_code == 303


def test_the_fragment_says_the_same_as_the_page(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    for path in ("/packages/1/share", "/packages/1/share?short=1"):
        whole = browser.get(path)
        alone = browser.get(path, headers=FRAGMENT)
        roots = [tag for tag in BeautifulSoup(alone.text, "html.parser") if tag.name]
        assert [root["id"] for root in roots] == ["share"]
        in_page = soup(whole).find(id="share")
        for root in (roots[0], in_page):
            for field in root.find_all("input", attrs={"name": "csrf_token"}):
                del field["value"]
        assert str(roots[0]) == str(in_page)
        post(browser, "/packages/1/short-link")


def test_in_the_dialog_the_toggle_answers_with_the_fragment(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    answer = post(sign_in(ANA), "/packages/1/short-link", headers=FRAGMENT)
    assert answer.status_code == 200
    assert address(answer).startswith(SHORT)
    assert soup(answer).find("html") is None


def test_replacing_says_what_it_does_and_the_old_code_is_gone(
    clinic: Clinic, sign_in: SignIn, client: FlaskClient
) -> None:
    clinic()
    browser = sign_in(ANA)
    page = browser.get(post(browser, "/packages/1/short-link").location)
    old = address(page)
    assert f"{old} will stop working for good" in words(soup(page).find("details"))
    page = browser.get(post(browser, "/packages/1/short-link/replacement").location)
    new = address(page)
    assert new != old
    assert f"Stopped: {old.removeprefix(SHORT)}" in words(soup(page).main)
    assert client.get(old.removeprefix("http://127.0.0.1:8000")).status_code == 410
    assert client.get(new.removeprefix("http://127.0.0.1:8000")).status_code == 303


@pytest.mark.parametrize(("who", "status"), [(ANA, 303), (DEE, 303), (BEN, 403), (CHO, 403)])
def test_only_the_assigned_practitioner_and_admins_replace_it(
    clinic: Clinic, sign_in: SignIn, who: str, status: int
) -> None:
    clinic()
    browser = sign_in(who)
    page = browser.get(post(browser, "/packages/1/short-link").location)
    assert (soup(page).find("details") is not None) == (status == 303)
    assert post(browser, "/packages/1/short-link/replacement").status_code == status


def test_an_archived_package_is_told_and_gets_no_short_link(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(package={"archived": True})
    browser = sign_in(ANA)
    page = soup(browser.get("/packages/1/share"))
    assert "no longer offered" in words(page.find(id="share"))
    assert page.select_one("[role=switch]") is None
    assert post(browser, "/packages/1/short-link").status_code == 409


def test_the_qr_code_is_a_picture_of_the_address_shown(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    assert browser.get("/packages/1/qr.svg?short=1").status_code == 404
    page = browser.get(post(browser, "/packages/1/short-link").location)
    pictures = []
    for each in (browser.get("/packages/1/share"), page):
        image = soup(each).find("img")
        assert image["alt"] == f"QR code of {address(each)}"
        answer = browser.get(image["src"])
        assert answer.mimetype == "image/svg+xml"
        assert "<svg" in answer.text
        assert "style" not in answer.text
        assert "script" not in answer.text
        pictures.append(answer.text)
    assert pictures[0] != pictures[1]


def test_it_is_for_members_and_of_packages_that_are_there(
    clinic: Clinic, client: FlaskClient, sign_in: SignIn
) -> None:
    clinic()
    for path in ("/packages/1/share", "/packages/1/qr.svg"):
        assert client.get(path).status_code == 303
    browser = sign_in(ANA)
    for package in ("2", "0", "-1", "99999999999999999999", "x", "1.0"):
        for page in ("share", "qr.svg", "invitations"):
            assert browser.get(f"/packages/{package}/{page}").status_code == 404


def test_without_a_token_a_form_changes_nothing(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    assert browser.post("/packages/1/short-link").status_code == 400
    assert switch(browser.get("/packages/1/share?short=1")) == "false"
