"""The practice's look: colours that can be read whatever is chosen, and the logo."""

import re
from collections.abc import Callable
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.colours import (
    BLACK,
    DARK_PAPERS,
    LIGHT_PAPERS,
    WHITE,
    Colour,
    colour,
    contrast,
    shades,
)
from portal.models import Practice
from portal.transaction import transaction
from portal.web.theme import stylesheet
from tests.conftest import ROOT
from tests.web.visitor import Visitor

Load = Callable[..., None]
PNG = b"\x89PNG\r\n\x1a\n and so on"
MANY = ["#000000", "#ffffff", "#ffd400", "#0b6b63", "#808080"] + [
    f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product((0, 90, 170, 255), repeat=3)
]
TEXTS = {"light": ("#1c2829", "#566364"), "dark": ("#e4ebeb", "#a3b0b1")}


def change(app: Flask, **values: object) -> None:
    with app.app_context(), transaction() as session:
        practice = session.get_one(Practice, 1)
        for name, value in values.items():
            setattr(practice, name, value)


@pytest.mark.parametrize(
    ("papers", "towards", "mode"),
    [
        pytest.param(LIGHT_PAPERS, BLACK, "light", id="light"),
        pytest.param(DARK_PAPERS, WHITE, "dark", id="dark"),
    ],
)
def test_every_accent_can_be_read_on_paper_and_on_its_tint(
    papers: tuple[Colour, ...], towards: Colour, mode: str
) -> None:
    for accent in MANY:
        found = shades(colour(accent), papers, towards)
        for paper in (*papers, found.tint):
            assert contrast(found.accent, paper) >= 4.5, accent
            assert contrast(found.strong, paper) >= 4.5, accent
        for text in TEXTS[mode]:
            assert contrast(colour(text), found.tint) >= 4.5, accent


def test_an_accent_that_can_be_read_stays_as_it_was_chosen() -> None:
    assert "--accent:#0b6b63;" in stylesheet("#0b6b63").splitlines()[0]
    assert "--accent:#ffd400;" in stylesheet("#ffd400").splitlines()[1]


def test_the_papers_are_those_of_the_stylesheet() -> None:
    css = (ROOT / "static/portal.css").read_text()
    papers = re.findall(r"--paper: (#\w+);", css) + re.findall(r"--page: (#\w+);", css)
    assert papers == ["#fff", "#182021", "#f7f8f8", "#111718"]
    assert (colour("#182021"), colour("#111718")) == DARK_PAPERS
    assert (colour("#ffffff"), colour("#f7f8f8")) == LIGHT_PAPERS


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(colour("#777777"), WHITE) == pytest.approx(4.48, abs=0.01)


def test_without_an_accent_no_page_asks_for_it(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    assert not visitor.get("/book/reset").soup.select("link[href^='/theme.css']")
    assert visitor.get("/theme.css").response.text == ""


@pytest.mark.parametrize("page", ["/book/reset", "/sign-in"])
def test_pages_link_the_practices_colours(
    reset_clinic: Load, visitor: Visitor, app: Flask, page: str
) -> None:
    reset_clinic()
    change(app, accent="#7a4bb5")
    address = str(visitor.get(page).one("link[href^='/theme.css']")["href"])
    answer = visitor.client.get(address)
    assert answer.mimetype == "text/css"
    assert "#7a4bb5" in answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    assert "no-cache" in visitor.client.get("/theme.css?v=old").headers["Cache-Control"]


def test_the_address_of_the_colours_changes_with_them(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    addresses = set()
    for accent in ("#7a4bb5", "#7a4bb6"):
        change(app, accent=accent)
        addresses.add(visitor.get("/book/reset").one("link[href^='/theme.css']")["href"])
    assert len(addresses) == 2


def test_the_logo_stands_on_public_pages(reset_clinic: Load, visitor: Visitor, app: Flask) -> None:
    reset_clinic()
    assert visitor.get("/logo").status == 404
    assert not visitor.get("/book/reset").soup.select("img")
    change(app, logo=PNG, logo_type="image/png")
    address = str(visitor.get("/book/reset").one(".brand img")["src"])
    answer = visitor.client.get(address)
    assert (answer.data, answer.mimetype) == (PNG, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]


def test_before_there_is_a_practice_there_is_no_look(client: FlaskClient) -> None:
    assert client.get("/theme.css").status_code == 404
    assert client.get("/logo").status_code == 404
