"""A visitor without JavaScript: opens pages, reads them, fills in forms, presses buttons."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#openings"}


@dataclass
class Page:
    """What came back: the page, its address and its headers."""

    response: TestResponse

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Its elements; only what is looked at is parsed."""
        return BeautifulSoup(self.response.get_data(as_text=True), "html.parser")

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def url(self) -> str:
        request = self.response.request
        query = request.query_string.decode()
        return f"{request.path}?{query}" if query else request.path

    @property
    def text(self) -> str:
        """The words of the page, each run of white space as one space."""
        return words(self.soup)

    def all(self, selector: str) -> list[str]:
        """The words of every element that the selector finds."""
        return [words(element) for element in self.soup.select(selector)]

    def one(self, selector: str) -> Tag:
        """The one element that the selector finds."""
        found = self.soup.select(selector)
        assert len(found) == 1, f"{len(found)} elements are {selector}"
        return found[0]

    def openings(self, day: str | None = None) -> list[str]:
        """The texts of the openings' buttons, of all the days shown or of one date."""
        return self.all(f"#day-{day} .slots button" if day else ".slots button")


class Visitor:
    """One browser, with its own cookies; like each it says which language its owner reads."""

    def __init__(self, client: FlaskClient, language: str = "en-US,en;q=0.9") -> None:
        self.client = client
        client.environ_base.setdefault("HTTP_ACCEPT_LANGUAGE", language)

    def get(self, url: str, **headers: str) -> Page:
        """Open an address, and follow where it leads."""
        return Page(self.client.get(url, headers=headers, follow_redirects=True))

    def fragment(self, url: str) -> Page:
        """Ask for a part of a page, as htmx does."""
        return Page(self.client.get(url, headers=HTMX))

    def press(self, on: Page, text: str, **typed: str) -> Page:
        """Press the button with this text, after typing into the fields of its form."""
        button = next(each for each in on.soup.select("button") if words(each) == text)
        form = button.find_parent("form")
        assert form is not None
        values = fields(form) | typed
        if button.get("name"):
            values[str(button["name"])] = str(button.get("value", ""))
        action = urljoin(on.url, str(form["action"]))
        send = self.client.post if form["method"] == "post" else self.client.get
        key = "data" if form["method"] == "post" else "query_string"
        return Page(send(action, follow_redirects=True, **{key: values}))

    def book(self, start: Page, opening: str, **typed: str) -> Page:
        """Choose an opening and confirm it, with a name and an address unless others are given."""
        form = self.press(start, opening)
        assert form.status == 200, form.text
        typed = {"name": "Lee Park", "email": "lee@example.com", **typed}
        return self.press(form, confirm_button(form), **typed)


def confirm_button(form: Page) -> str:
    """The text of the button that confirms a held time."""
    return form.all(".details .actions button")[0]


def words(element: Tag) -> str:
    return " ".join(element.get_text().split())


def fields(form: Tag) -> dict[str, str]:
    """What the form would send as it stands."""
    values = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(field["name"]), field.get("type")
        if kind in ("radio", "checkbox") and not field.has_attr("checked"):
            continue
        if field.name == "select":
            options = field.select("option")
            chosen = next((each for each in options if each.has_attr("selected")), options[0])
            values[name] = str(chosen["value"])
        elif field.name == "textarea":
            values[name] = field.get_text()
        else:
            values[name] = str(field.get("value", ""))
    return values
