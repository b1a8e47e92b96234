"""Searching and paging lists, on both databases."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.models import Client
from portal.queries import paging
from portal.queries.paging import matches, paged, paged_by
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


@pytest.mark.parametrize("size", [1, 2, 4, 6, 7])
def test_a_page_is_the_same_from_whichever_end_it_is_looked_for(
    app: Flask, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(paging, "PAGE", size)
    order = (Client.name_key, Client.id)
    with app.app_context():
        some_clients()
        names = list(db.session.scalars(select(Client.name).order_by(*order)))
        pages = [
            paged_by(select(Client), order, len(names), page, lambda client: client.name)
            for page in range(1, 8)
        ]
        parts = [tuple(names[at : at + size]) for at in range(0, len(names), size)]
        shown = [page.shown for page in pages]
        assert shown[: len(parts)] == parts
        assert set(shown[len(parts) :]) <= {parts[-1]}
        assert {page.pages for page in pages} == {len(parts)}
        none = paged_by(select(Client).where(Client.id < 0), order, 0, 1, str)
        assert (none.shown, none.page, none.pages) == ((), 1, 1)
