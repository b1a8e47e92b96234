"""How tests sign in and read a page."""

from typing import Any

from bs4 import BeautifulSoup, SoupStrainer
from flask.testing import FlaskClient

PASSWORD = "nine sheep in a red field"
INPUTS = SoupStrainer("input")
AFTER_SIGN_IN = "/calendar?view=day"
"""Their day: where signing in leads to, unless another page asked for it."""

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
"""What htmx sends when it asks for a part of a page."""


def try_to_sign_in(browser: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> Any:
    """Send the sign-in form as the page has it."""
    token = csrf_token(browser, "/sign-in")
    data = {"csrf_token": token, "email": email, "password": password, **more}
    return browser.post("/sign-in", data=data)


def csrf_token(browser: FlaskClient, page: str) -> str:
    """The token of the first form on a page."""
    inputs = BeautifulSoup(browser.get(page).text, "html.parser", parse_only=INPUTS)
    field = inputs.find("input", attrs={"name": "csrf_token"})
    assert field, f"{page} has no form"
    return str(field["value"])


def soup(answer: Any) -> BeautifulSoup:
    """The answer as elements."""
    return BeautifulSoup(answer.text, "html.parser")


def words(element: Any) -> str:
    """What a person reads in an element, on one line."""
    return " ".join(element.get_text(" ").split())
