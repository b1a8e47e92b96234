"""The site in a language that nobody speaks, whose texts have brackets around them: whatever a
person reads outside of brackets is a name, a date, something typed, or was forgotten.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import pytest
from babel import Locale, dates
from bs4 import BeautifulSoup, Comment, Doctype
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from portal import create_app
from portal.actions.client_sign_ins import send_sign_in_link
from portal.actions.inviting import invite_to_book
from portal.actions.joining import invite_to_team
from portal.actions.recovery import send_recovery_link
from portal.actions.team import About
from portal.clock import now
from portal.db import Base, db
from portal.demo import DEMO_PASSWORD, OWNER, load_demo
from portal.languages import name_of
from portal.models import Member, Message, Package, Practice
from portal.scheduling.eligibility import Kind
from portal.tokens import new_token
from portal.transaction import transaction
from tests.catalogues import CLOSING, LANGUAGE_OF_BRACKETS, OPENING, add_bracketed
from tests.conftest import SECRET_KEY, dispose
from tests.web.practice.people import csrf_token, try_to_sign_in

WITHIN = re.compile(f"{OPENING}[^{OPENING}{CLOSING}]*{CLOSING}")
WORD = re.compile(r"[^\W\d_]{2,}")
ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")
ZONE = re.compile(r"[A-Z]\w+(?:/[\w+-]+)+")
LINK = re.compile(r"http://localhost[^\s>\"]*")

OPEN = ("/book/reset", "/sign-in", "/forgotten-password", "/my-bookings", "/nothing-here")
STAFFS = ("/practice/calendar", "/practice/settings", "/account")
NOT_PAGES = re.compile(r"\.(?:ics|csv|json|png|svg)$|/qr|/feeds/|/static/")


@pytest.fixture
def app(sqlite_database: str, tmp_path: Path) -> Iterator[Flask]:
    """The sample clinic, which speaks that language, with a mail of some kinds to clients."""
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": sqlite_database,
            "BABEL_TRANSLATION_DIRECTORIES": add_bracketed(tmp_path / "translations"),
        }
    )
    with app.app_context():
        load_demo(now())
        with transaction() as session:
            session.get_one(Practice, 1).language = LANGUAGE_OF_BRACKETS
    yield app
    dispose(app)


def outside(text: str) -> str:
    """What of the text isn't in brackets, which may stand within each other."""
    while (shorter := WITHIN.sub(" ", text)) != text:
        text = shorter
    return text


class Known:
    """What may stand outside: whatever the database has, and how the language writes dates."""

    def __init__(self) -> None:
        found: set[str] = set()
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                found.update(_strings(list(row)))
        typed = sorted((text for text in found if WORD.search(text)), key=len, reverse=True)
        self._typed = re.compile("|".join(map(re.escape, typed)))
        locale = Locale.parse(LANGUAGE_OF_BRACKETS)
        written = [
            *(str(names) for kind in (locale.days, locale.months) for names in _values(kind)),
        ]
        self.words = set(WORD.findall(" ".join(written)))

    def forgotten(self, text: str) -> str:
        """What is none of that, empty where there is nothing."""
        rest = self._typed.sub(" ", outside(text))
        return " ".join(word for word in WORD.findall(rest) if word not in self.words)


def _values(names):
    for value in names.values():
        if isinstance(value, str):
            yield value
        else:
            yield from _values(value)


def _strings(values):
    for value in values:
        if isinstance(value, str):
            yield value
            yield from value.split("\n")
        elif isinstance(value, dict):
            yield from _strings(value.values())
        elif isinstance(value, list | tuple):
            yield from _strings(value)


def read_out(page: str) -> Iterator[str]:
    """Every text that somebody reads on a page, or has read to them."""
    parsed = BeautifulSoup(page, "html.parser")
    for element in parsed.find_all(["script", "style", "pre", "code"]):
        element.decompose()
    for option in parsed.select("option"):
        # Zones are named as their database names them.
        if ZONE.fullmatch(option.get("value", "")):
            option.decompose()
    for text in parsed.find_all(string=True):
        if not isinstance(text, Comment | Doctype):
            yield str(text)
    for element in parsed.find_all(True):
        for name in ATTRIBUTES:
            if name in element.attrs:
                yield str(element[name])


class Reader:
    """Somebody with a browser who opens a page of each kind, from link to link."""

    def __init__(self, app: Flask, browser: FlaskClient) -> None:
        self.app, self.browser = app, browser
        self.seen: dict[str, str] = {}
        self.answers: dict[str, str] = {}

    def open_all(self, *starts: str) -> None:
        waiting = list(starts)
        while waiting:
            address = waiting.pop(0)
            kind = self._kind(address)
            if kind in self.seen or NOT_PAGES.search(urlsplit(address).path):
                continue
            self.seen[kind] = address
            answer = self.browser.get(address, headers={"Accept-Language": LANGUAGE_OF_BRACKETS})
            if answer.status_code in (302, 303):
                waiting.append(answer.location)
            elif answer.mimetype == "text/html":
                self.answers[address] = answer.text
                waiting += [
                    urljoin(address, str(link["href"]))
                    for link in BeautifulSoup(answer.text, "html.parser").select("a[href]")
                    if not urlsplit(urljoin(address, str(link["href"]))).netloc
                ]

    def _kind(self, address: str) -> str:
        adapter = self.app.url_map.bind("localhost")
        try:
            endpoint, _arguments = adapter.match(urlsplit(address).path)
        except HTTPException:
            return address
        return endpoint


def forgotten(reader: Reader, known: Known) -> list[str]:
    return [
        f"{address}: {text.strip()!r}: {words}"
        for address, page in reader.answers.items()
        for text in read_out(page)
        if (words := known.forgotten(text))
    ]


def test_staff_read_every_page_in_their_language(app: Flask) -> None:
    browser = app.test_client()
    assert try_to_sign_in(browser, OWNER, DEMO_PASSWORD).status_code in (302, 303)
    reader = Reader(app, browser)
    reader.open_all(*STAFFS)
    print(len(reader.answers), sorted(reader.seen))
    with app.app_context():
        f = forgotten(reader, Known())
    print("\n".join(dict.fromkeys(f)))
    assert not f


def test_visitors(app: Flask) -> None:
    reader = Reader(app, app.test_client())
    reader.open_all(*OPEN)
    print(len(reader.answers), sorted(reader.seen))
    with app.app_context():
        f = forgotten(reader, Known())
    print("\n".join(dict.fromkeys(f)))
    assert not f
