"""What is set up is kept until somebody sets something up, and not a moment longer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from portal import as_set_up as kept
from portal import clinic_file
from portal.actions.booking import Contact, book
from portal.actions.holding import hold
from portal.as_set_up import WAYS, as_set_up
from portal.db import db
from portal.errors import NotBookable
from portal.health.readiness import what_is_set_up_shows
from portal.mail.own_words import find_own_words
from portal.mail.practice_facts import practice_facts
from portal.models import Package, SetUpMark
from portal.plain_rows import plain_rows
from portal.queries.members import load_members
from portal.queries.offers import Offer, load_offer
from portal.queries.openings import load_board
from portal.safekeeping.checking import faults_of
from portal.scheduling.openings import Opening
from portal.transaction import transaction
from tests.clinic_file.documents import whole_clinic
from tests.clinics import NOW, reset_clinic
from tests.databases import run

PACKAGES = select(Package.name).order_by(Package.name)
TABLE = re.compile(r"\b(?:FROM|JOIN) (\w+)")
TRIGGERS = {
    "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'set_up_%'",
    "postgresql": ("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'set_up_%'"),
}

OWN_WORDS = (
    "INSERT INTO message_text (kind, language, subject, text, version) "
    "VALUES ('booking_made', 'en', 'Booked', 'See you', 1)"
)


class Reader:
    """Reads the packages' names, and counts how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_asked: Any) -> list[str]:
        self.times += 1
        return [name for (name,) in plain_rows(PACKAGES)]


@pytest.fixture
def reader(app: Flask) -> Iterator[Reader]:
    with app.test_request_context():
        clinic_file.load(reset_clinic(), NOW)
        yield Reader()


def others_do(statement: str) -> None:
    """Another connection changes something, and commits."""
    with db.engine.connect() as other:
        other.execute(text(statement))
        other.commit()


def mark() -> str | None:
    """The mark as it is now."""
    with db.engine.connect() as other:
        return other.scalar(select(SetUpMark.mark))


def test_what_nobody_set_up_anew_is_read_once(reader: Reader) -> None:
    for _ in range(3):
        assert as_set_up(reader) == ["Reset"]
        db.session.rollback()
        others_do("UPDATE member SET password = 'another', fs_uniquifier = email")
        others_do("DELETE FROM rate_limit")
    assert reader.times == 1


def test_what_somebody_set_up_is_seen_in_the_next_transaction(reader: Reader) -> None:
    assert as_set_up(reader) == ["Reset"]
    others_do("UPDATE package SET name = 'Restart'")
    assert as_set_up(reader) == ["Reset"], "all of one transaction is from one moment"
    db.session.rollback()
    assert as_set_up(reader) == ["Restart"]


def test_what_is_taken_back_is_never_kept(reader: Reader) -> None:
    assert as_set_up(reader) == ["Reset"]
    with transaction() as session:
        session.execute(text("UPDATE package SET name = 'Restart'"))
        assert as_set_up(reader) == ["Restart"]
        session.rollback()
    assert as_set_up(reader) == ["Reset"]
    with transaction(leaves_set_up=True):
        assert as_set_up(reader) == ["Reset"]
    assert reader.times == 2


def test_an_act_that_may_set_something_up_reads(reader: Reader) -> None:
    as_set_up(reader)
    with transaction():
        as_set_up(reader)
        as_set_up(reader)
    assert reader.times == 3


def test_where_nothing_was_ever_set_up_nothing_is_kept(reader: Reader) -> None:
    others_do("DELETE FROM set_up_mark")
    for times in (1, 2):
        assert as_set_up(reader) == ["Reset"]
        assert reader.times == times
    db.session.rollback()
    others_do("UPDATE package SET name = 'Restart'")
    for _ in range(2):
        assert as_set_up(reader) == ["Restart"]
    assert reader.times == 3


def test_what_was_read_first_goes_and_what_is_large_is_not_kept(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.forget()
    monkeypatch.setattr(kept, "KEPT", 2)
    for asked in (1, 2, 1, 3, 1):
        as_set_up(reader, asked)
    assert reader.times == 4, "1 was read before 2, and goes first"
    monkeypatch.setattr(kept, "MOST", 0)
    for _ in range(2):
        as_set_up(reader, "large")
    assert reader.times == 6


def test_every_way_of_changing_what_is_kept_changes_the_mark(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(whole_clinic(), NOW)
        tables = tables_that_are_kept()
        found = db.session.execute(text(TRIGGERS[db.engine.dialect.name])).scalars().all()
        engine = db.engine.dialect.name
        ways = {"sqlite": 3, "postgresql": 4}[engine]
        assert sorted(found) == sorted(ways * tables), "rows come, go, change, or all go"
        assert len(found) == WAYS[engine]
        db.session.rollback()
        assert mark_changes_with(OWN_WORDS)
        for name in tables:
            column = "name" if name == "member" else next(iter(db.metadata.tables[name].c)).name
            assert mark_changes_with(f"UPDATE {name} SET {column} = {column}"), name  # noqa: S608
        # Most rows are needed by others, so these stand for all.
        for name in ("message_text", "weekly_hours", "date_override", "package_team_role"):
            assert mark_changes_with(f"DELETE FROM {name}"), name  # noqa: S608
            assert not mark_changes_with(f"DELETE FROM {name}"), "no row is left"  # noqa: S608
        if engine == "postgresql":
            assert mark_changes_with("TRUNCATE package_item")


def test_whatever_is_kept_of_a_member_changes_the_mark(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(whole_clinic(), NOW)
        with queries() as asked:
            load_members(ZoneInfo("UTC"), date(2027, 3, 1), None)
        db.session.rollback()
        columns = set(re.findall(r"member\.(\w+)", asked[0].partition("FROM")[0])) - {"id"}
        assert {"email", "deactivated_at"} < columns
        for column in columns:
            assert mark_changes_with(f"UPDATE member SET {column} = {column}"), column  # noqa: S608
        assert not mark_changes_with("UPDATE member SET password = 'another'")


def test_a_time_that_was_closed_meanwhile_is_not_held(reader: Reader) -> None:
    """All about it is in memory, and staff close it before the visitor presses the button."""
    offer, opening = first_opening()
    held_before = hold_it(offer, opening)
    assert book(held_before, Contact("Kim", "kim@example.com"), now=NOW) is None
    offer, opening = first_opening()
    others_do("DELETE FROM weekly_hours")
    with pytest.raises(NotBookable):
        hold_it(offer, opening)


def test_a_time_whose_service_went_is_not_booked(reader: Reader) -> None:
    token = hold_it(*first_opening())
    others_do("DELETE FROM package_item")
    with pytest.raises(NotBookable):
        book(token, Contact("Kim", "kim@example.com"), now=NOW)


def test_words_of_ones_own_and_the_practices_name_are_those_of_now(reader: Reader) -> None:
    assert practice_facts().name == "Riverside Clinic"
    assert find_own_words("booking_made", "en") is None
    db.session.rollback()
    others_do("UPDATE practice SET name = 'Hillside Clinic'")
    others_do(OWN_WORDS)
    assert practice_facts().name == "Hillside Clinic"
    found = find_own_words("booking_made", "en")
    assert found
    assert found.subject == "Booked"


def test_those_who_set_something_up_at_the_same_time_do_not_wait_for_each_other(
    reader: Reader,
) -> None:
    if db.engine.dialect.name == "sqlite":
        return  # has one writer at a time anyway
    before = mark()
    with db.engine.connect() as one, db.engine.connect() as another:
        for connection in (one, another):
            connection.execute(text("SET lock_timeout TO '2s'"))
        one.execute(text("UPDATE package SET name = 'Restart'"))
        another.execute(text("UPDATE service SET name = 'Talk'"))
        another.commit()
        between = mark()
        one.commit()
    assert len({before, between, mark()}) == 3


def lose_a_trigger() -> None:
    on = "" if db.engine.dialect.name == "sqlite" else " ON package"
    run(f"DROP TRIGGER set_up_package_update{on}")


def sleep(trigger: str) -> None:
    run(f"ALTER TABLE package DISABLE TRIGGER {trigger}")


def test_a_process_that_starts_without_such_a_trigger_keeps_nothing(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_a_trigger()
    monkeypatch.setattr(kept, "_kept", WeakKeyDictionary())
    for name in ("Reset", "Restart", "Retreat"):
        others_do(f"UPDATE package SET name = '{name}'")  # noqa: S608
        assert as_set_up(reader) == [name]
        db.session.rollback()


def test_the_site_is_not_ready_without_such_a_trigger(reader: Reader) -> None:
    assert what_is_set_up_shows() == []
    lose_a_trigger()
    assert [fault.name for fault in what_is_set_up_shows()] == ["set_up_triggers"]


def test_the_site_is_not_ready_while_such_a_trigger_is_off(reader: Reader) -> None:
    if db.engine.dialect.name == "sqlite":
        return  # knows no such thing
    sleep("set_up_package_update")
    assert [fault.name for fault in what_is_set_up_shows()] == ["set_up_triggers"]


def test_a_backup_does_not_need_such_triggers(reader: Reader) -> None:
    lose_a_trigger()
    assert faults_of(db.session.connection()) == []


def first_opening() -> tuple[Offer, Opening]:
    """What a visitor has on their page, and the button that they press."""
    offer = load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    opening = load_board(offer, item.service, NOW).openings(NOW.date(), 7)[0]
    db.session.rollback()
    return offer, opening


def hold_it(offer: Offer, opening: Opening) -> str:
    """The token of the hold."""
    item = offer.item("follow-up")
    assert item
    return hold(
        offer,
        service_id=item.service.id,
        method="in_person",
        member_id=opening.member_id,
        start=datetime.fromtimestamp(opening.start, UTC),
        now=NOW,
    )


def mark_changes_with(statement: str) -> bool:
    """Say whether the mark is another one afterwards."""
    before = mark()
    others_do(statement)
    return mark() != before


def tables_that_are_kept() -> list[str]:
    """Every table that what is kept is read from, but for the mark's own."""
    # The first who asks in a process also looks for the triggers.
    practice_facts()
    kept.forget()
    with queries() as asked:
        load_offer("reset", NOW)
        load_members(ZoneInfo("UTC"), date(2027, 3, 1), None)
        practice_facts()
        find_own_words("booking_made", "en")
    db.session.rollback()
    return sorted({name for sql in asked for name in TABLE.findall(sql)} - {"set_up_mark"})


@contextmanager
def queries() -> Iterator[list[str]]:
    """Collects every statement that the database is asked."""
    asked: list[str] = []
    note = lambda _c, _u, statement, *_: asked.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)
