"""The site in a language that nobody speaks, whose texts have brackets around them: whatever a
person reads outside of brackets is a name, a date, something typed, or was forgotten.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import pytest
from babel import Locale
from bs4 import BeautifulSoup, Comment, Doctype
from flask import Flask
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from portal import clinic_file, create_app
from portal.clock import now
from portal.db import Base, db
from portal.demo import DEMO_PASSWORD, OWNER, load_demo
from portal.languages import languages, name_of
from portal.models import ClientPackage, Message, Practice
from portal.transaction import transaction
from tests.catalogues import CLOSING, LANGUAGE_OF_BRACKETS, OPENING, add_bracketed, bracketed
from tests.clinics import NOW, lee, reset_clinic
from tests.conftest import SECRET_KEY, dispose
from tests.mail.laid_out import html_of, text_of
from tests.mail.messages import messages
from tests.mail.test_payloads import write_all
from tests.web.clients import newest_link
from tests.web.practice.people import try_to_sign_in
from tests.web.visitor import Page, Visitor, confirm_button

WITHIN = re.compile(f"{OPENING}[^{OPENING}{CLOSING}]*{CLOSING}")
WORD = re.compile(r"[^\W\d_]{2,}")
ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")
NAMED_ELSEWHERE = re.compile(r"[A-Z]\w+(?:/[\w+-]+)+|UTC|[A-Z]{3}|[a-z]{2}(?:-[A-Z]{2})?")
"""Values of options: a zone, a currency, a language."""
ADDRESS = re.compile(r"https?://\S*|\S*\bexample\.com")


@pytest.fixture
def app(sqlite_database: str, tmp_path: Path) -> Iterator[Flask]:
    """The portal with that language, and nothing in it yet."""
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": sqlite_database,
            "BABEL_TRANSLATION_DIRECTORIES": add_bracketed(tmp_path / "translations"),
        }
    )
    yield app
    dispose(app)


@pytest.fixture
def demo(app: Flask) -> Flask:
    """The sample clinic; mails to whoever has no language are in the practice's."""
    with app.app_context():
        load_demo(now())
        with transaction() as session:
            session.get_one(Practice, 1).language = LANGUAGE_OF_BRACKETS
    return app


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
            # What mails say is the portal's own.
            if table is not Message.__table__:
                for row in db.session.execute(select(table)):
                    found.update(_strings(row))
        typed = sorted((text for text in found if WORD.search(text)), key=len, reverse=True)
        self._typed = re.compile(rf"\b(?:{'|'.join(map(re.escape, typed))})(?!\w)")
        locale = Locale.parse(LANGUAGE_OF_BRACKETS)
        written = [
            *_values(locale.days),
            *_values(locale.months),
            *_values(locale.currency_symbols),
            *(zone.replace("_", " ") for zone in available_timezones()),
            *map(name_of, languages()),
        ]
        self.words = set(WORD.findall(" ".join(written)))

    def forgotten(self, text: str) -> str:
        """What is none of that, empty where there is nothing."""
        rest = self._unknown(ADDRESS.sub(" ", outside(text)))
        # Most of it is in brackets, and what was typed is long.
        return " ".join(rest and self._unknown(self._typed.sub(" ", outside(text))))

    def _unknown(self, text: str) -> list[str]:
        return [word for word in WORD.findall(ADDRESS.sub(" ", text)) if word not in self.words]


def _values(names: Mapping[Any, Any]) -> Iterator[str]:
    for value in names.values():
        if isinstance(value, str):
            yield value
        else:
            yield from _values(value)


def _strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
            yield from value.split("\n")
        elif isinstance(value, dict):
            yield from _strings(value.values())
        elif isinstance(value, list | tuple):
            yield from _strings(value)


def read_out(page: BeautifulSoup) -> Iterator[str]:
    """Every text that somebody reads on a page, or has read to them."""
    for element in page.find_all(["code", "pre", "script", "style"]):
        element.decompose()
    for option in page.select("option"):
        # Zones and languages have their own names, and Babel has those of currencies.
        if NAMED_ELSEWHERE.fullmatch(str(option.get("value", ""))):
            option.decompose()
    for text in page.find_all(string=True):
        if not isinstance(text, Comment | Doctype):
            yield str(text)
    for element in page.find_all(True):
        yield from (str(element[name]) for name in ATTRIBUTES if name in element.attrs)


class Reader(Visitor):
    """Somebody who keeps what they saw."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.test_client(), LANGUAGE_OF_BRACKETS)
        self._addresses = app.url_map.bind("localhost")
        self.pages: dict[str, Page] = {}

    def wander(self, *addresses: str) -> None:
        """Open these, and from link to link one page of each kind."""
        waiting = [(address, address) for address in addresses]
        while waiting:
            kind, address = waiting.pop(0)
            if kind in self.pages:
                continue
            answer = self.client.get(address, follow_redirects=True)
            if answer.mimetype == "text/html":
                self.pages[kind] = Page(answer)
                waiting += self._links(self.pages[kind])

    def _links(self, seen: Page) -> Iterator[tuple[str, str]]:
        """The kind and the address of each page of the site that it leads to."""
        for link in seen.soup.select("a[href^='/']"):
            address = str(link["href"])
            try:
                yield self._addresses.match(urlsplit(address).path)[0], address
            except HTTPException:
                yield address, address

    def forgotten(self, known: Known) -> set[str]:
        """What nobody translated on the pages seen, with where it is."""
        return {
            f"{seen.url}: {words} in {text.strip()!r}"
            for seen in self.pages.values()
            for text in read_out(seen.soup)
            if (words := known.forgotten(text))
        }


def test_staff_read_nothing_in_another_language(demo: Flask) -> None:
    reader = Reader(demo)
    assert try_to_sign_in(reader.client, OWNER, DEMO_PASSWORD).status_code in (302, 303)
    with demo.app_context():
        own = db.session.scalars(select(ClientPackage)).first()
        assert own
        editor = f"/clients/{own.client_id}/packages/{own.id}"
    # The first client in the list may have no package, and today no session may be left to cancel.
    reader.wander("/calendar", "/practice/settings", "/account", "/packages/new", editor)
    reader.wander("/nothing-here")
    assert len(reader.pages) > 60
    with demo.app_context():
        assert not reader.forgotten(Known())


def test_clients_read_nothing_in_another_language(demo: Flask) -> None:
    reader = Reader(demo)
    reader.wander("/book/reset", "/sign-in", "/sign-in/forgotten-password", "/nothing-here")
    start = reader.pages["/book/reset"]
    opening = start.all(".slots button")[0]
    held = reader.press(start, opening)
    button = confirm_button(held)
    reader.pages |= {"held": held, "incomplete": reader.press(held, button, email="?")}
    booked = reader.press(held, button, name="Lee Park", email="lee@example.com")
    assert booked.status == 200
    reader.pages["booked"] = booked
    reader.wander(booked.url)
    reader.press(reader.get("/my-bookings"), bracketed("Mail me a link"), email="lee@example.com")
    link = reader.pages["link"] = reader.get(newest_link(demo))
    mine = reader.press(link, bracketed("See my bookings"))
    reader.pages["mine"] = mine
    reader.wander(mine.url)
    assert len(reader.pages) > 12
    with demo.app_context():
        assert not reader.forgotten(Known())


def test_no_mail_has_a_word_in_another_language(app: Flask) -> None:
    with app.app_context():
        clinic = reset_clinic(clients=[lee()], practice={"language": LANGUAGE_OF_BRACKETS})
        clinic_file.load(clinic, NOW)
        # Everybody and everything has a number for a name.
        write_all("7")
        known = Known()
        found = {
            f"{message.kind}: {words} in {text.strip()!r}"
            for message in messages()
            for text in (
                message.subject,
                *text_of(message).split("\n\n"),
                *read_out(BeautifulSoup(html_of(message), "html.parser")),
            )
            if (words := known.forgotten(text))
        }
        assert len({message.kind for message in messages()}) > 15
    assert not found
