"""Searching and paging lists, on both databases."""

from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.models import Client
from portal.queries.paging import matches, paged
from portal.transaction import transaction
from tests.clinics import NOW

NAMES = ("Ärztin Öz", "arno ärmel", "100% Sure", "Under_score", "Lee Park", "Lee Önal")


def found(words: str) -> list[str]:
    query = select(Client.name).where(matches(words, Client.name, Client.email))
    return sorted(db.session.scalars(query))


def some_clients() -> None:
    with transaction() as session:
        session.add_all(Client(name=name, created_at=NOW) for name in NAMES)


def test_each_word_is_looked_for_whatever_its_case_and_alphabet(app: Flask) -> None:
    with app.app_context():
        some_clients()
        assert found("ÄR") == ["arno ärmel", "Ärztin Öz"]
        assert found("lee ön") == ["Lee Önal"]
        assert found("ön lee") == ["Lee Önal"]
        assert found("") == sorted(NAMES)
        assert found("nobody") == []


def test_a_word_that_is_longer_than_any_text_finds_nobody(app: Flask) -> None:
    with app.app_context():
        some_clients()
        assert found("lee " + "a" * 60_000) == []


def test_signs_of_a_search_pattern_are_only_signs(app: Flask) -> None:
    with app.app_context():
        some_clients()
        assert found("%") == ["100% Sure"]
        assert found("_") == ["Under_score"]
        assert found("\\") == []


def test_a_page_past_the_last_is_the_last_and_one_before_the_first_the_first(app: Flask) -> None:
    with app.app_context():
        some_clients()
        query = select(Client).order_by(Client.id)
        last = paged(query, 9, lambda client: client.name, size=4)
        assert (last.shown, last.page, last.pages, last.found) == (NAMES[4:], 2, 2, 6)
        assert paged(query, -1, lambda client: client.name, size=4).shown == NAMES[:4]
        none = paged(query.where(Client.id < 0), 1, lambda client: client.name)
        assert (none.shown, none.page, none.pages, none.found) == ((), 1, 1, 0)
