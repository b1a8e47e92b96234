"""The table *Who can clients book?* never disagrees with `flask openings` and `flask explain`."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, note, settings
from sqlalchemy import select

from portal.clinic_file import load
from portal.db import db
from portal.models import Client, Package
from portal.queries.bookability import Bookability, columns_for, draft_offer, load_bookability
from portal.queries.offers import load_offer
from portal.queries.packages import values_of
from portal.scheduling.openings import Opening
from tests.cli.test_openings_against_the_oracle import at_leisure, on_sqlite
from tests.how_often import tries
from tests.oracle_people import Asked
from tests.random_clinics import Example, examples

__all__ = ["on_sqlite"]
pytestmark = pytest.mark.timeout(600)


@given(example=examples())
@settings(at_leisure, max_examples=tries(few=6, many=25))
def test_random_clinics(on_sqlite: Callable[[], Flask], example: Example) -> None:
    app = on_sqlite()
    note(f"The clinic, loaded at {example.now.isoformat()}:\n{json.dumps(example.document)}")
    with app.app_context():
        load(example.document, example.now)
    for asked in example.asked:
        compare(app, asked)


def compare(app: Flask, asked: Asked) -> None:
    """Ask the page's query and the commands about one package, client and date."""
    note(str(asked))
    with app.app_context():
        package = db.session.scalars(select(Package).where(Package.slug == asked.package)).one()
        draft = draft_offer(values_of(package), package, asked.now)
        assert draft == load_offer(package.slug, asked.now), "what is stored, as a draft"
        client = db.session.scalar(select(Client).where(Client.email == asked.client))
        columns = columns_for(package, client, asked.now)
        practice = draft.practice
        day = asked.first or practice.today(asked.now)
        table = load_bookability(columns, asked.now, day)
        # A client without the package books the template like anybody new, if they are active.
        is_own = any(column.offer.client_package_id for column in columns)
        named = client is not None and (is_own or client.deactivated_at is not None)
    services = [column.item.service.slug for column in table.columns]
    assert services or not draft.items
    for index, service in enumerate(services):
        ask = Commands(app, asked, service, named)
        told = {each["email"]: each["reason"] for each in ask("explain")}
        assert reasons(table, index) == told
        found = ask("openings", "--from", day.isoformat(), "--days", "1")["openings"]
        assert openings_in(table, index) == starts(found)
        horizon = ["--from", day.isoformat(), "--days", str(practice.horizon_days + 2)]
        later = starts(ask("openings", *horizon)["openings"])
        assert earliest_in(table, index) == {email: times[0] for email, times in later.items()}


class Commands:
    """`flask explain` and `flask openings` about one service, answering in JSON."""

    def __init__(self, app: Flask, asked: Asked, service: str, named: bool) -> None:
        self.app = app
        self.words = [asked.package, service, "--now", asked.now.isoformat(), "--json"]
        self.words += ["--client", asked.client] if named and asked.client else []

    def __call__(self, command: str, *options: str) -> Any:
        args = [command, *self.words, *options]
        note(f"flask {' '.join(args)}")
        result = self.app.test_cli_runner().invoke(args=args, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


def reasons(table: Bookability, index: int) -> dict[str, str | None]:
    """Why each person can't be booked for the service in this column; None: they can."""
    return {
        row.person.email: reason.value if (reason := row.cells[index].reason) else None
        for row in table.rows
    }


def openings_in(table: Bookability, index: int) -> dict[str, list[int]]:
    """The starts of the date's openings of each person who has some."""
    found = {row.person.email: row.cells[index].openings for row in table.rows}
    return {email: [o.start for o in openings] for email, openings in found.items() if openings}


def earliest_in(table: Bookability, index: int) -> dict[str, int]:
    """The start of the first opening of each person who has one."""
    found: dict[str, Opening | None] = {
        row.person.email: row.cells[index].earliest for row in table.rows
    }
    return {email: opening.start for email, opening in found.items() if opening}


def starts(openings: list[dict[str, str]]) -> dict[str, list[int]]:
    """The starts of what `flask openings` lists, by person, as seconds since 1970."""
    found: dict[str, list[int]] = {}
    for opening in openings:
        start = int(datetime.fromisoformat(opening["start"]).timestamp())
        found.setdefault(opening["practitioner"], []).append(start)
    return found
