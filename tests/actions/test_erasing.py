"""Erasing a client: what is personal is gone, from the file too, and the books still add up."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import String, cast, func, make_url, select, text
from sqlalchemy.exc import DBAPIError

from portal.actions.adjusting import adjust_credits
from portal.actions.client_imports import import_clients, look_at_file, take_over_clients
from portal.actions.client_sign_ins import send_sign_in_link
from portal.actions.clients import (
    About,
    change_client,
    reactivate_client,
)
from portal.actions.erasing import erase_client
from portal.actions.inviting import invite_to_book
from portal.actions.merging_clients import merge_clients
from portal.actions.recovery import send_recovery_link
from portal.db import db, rewrite_file
from portal.errors import NotFound, Refused, Unsettled
from portal.ledger import credits_of
from portal.models import (
    Activity,
    Booking,
    Client,
    ClientImport,
    ClientLink,
    ClientPackage,
    CreditEntry,
    Invite,
    Message,
    Package,
    PrivateLink,
)
from portal.queries.clients_page import clients_to_export
from portal.tokens import new_token
from portal.transaction import transaction
from tests.actions.sessions import TEN, book_follow_up, member
from tests.clinics import ANA, BEN, DEE, LEE, NOW, lee

Clinic = Callable[..., None]

NAME, PHONE, NOTES = "Leocadia Parkinson-Wu", "+1 212 555 0173", "Allergic to walnuts."
FORMER, NOTE, WHY = "leocadia@example.org", "My knee aches.", "Sent flowers instead."
PERSONAL = (NAME, LEE, FORMER, PHONE, NOTES, NOTE, WHY)
LATER = NOW + timedelta(days=30)
"""When the session that is booked below is over."""


@pytest.fixture
def known(clinic: Clinic) -> int:
    """Lee, of whom everything is known that can be; returns their number."""
    clinic(clients=[lee(name="Somebody", email=FORMER, timezone="Europe/Lisbon")])
    ana, number = member(ANA), db.session.scalars(select(Client.id)).one()
    send_sign_in_link(FORMER, NOW)
    change_client(number, About(NAME, LEE, PHONE, "Europe/Lisbon", NOTES), 1, ana, NOW)
    booking = book_follow_up(start=TEN)
    package = db.session.scalars(select(Package.id)).one()
    invite_to_book(package, number, f"Dear {NAME}", new_token(), ana, NOW)
    send_sign_in_link(LEE, NOW)
    adjust_credits(booking.client_package_id or 0, booking.service_id, 1, WHY, 1, ana, NOW)
    line = {"line": 2, "name": NAME, "email": LEE, "phone": PHONE, "timezone": None, "notes": NOTES}
    other = {
        **line,
        "line": 3,
        "name": "Kim Doe",
        "email": "kim@example.com",
        "phone": "1",
        "notes": "",
    }
    look_at_file("clients.csv", [line, other], ana, NOW)
    with transaction() as session:
        row = session.get_one(Booking, booking.id)
        session.add(_about_the_package(row.client_package_id))
        row.note, row.staff_note, row.cancel_reason = NOTE, f"{NAME}: {NOTE}", NOTE
    return number


def _about_the_package(own: int | None) -> Message:
    """A mail to their practitioner that isn't about a session; sent, so that its text is gone."""
    return Message(
        event=f"client_package:{own}:running_out:3",
        message_id="<running-out@example.com>",
        recipient=BEN,
        subject=f"{NAME} has one session left",
        facts="",
        created_at=NOW,
        due_at=NOW,
        sent_at=NOW,
    )


def everything() -> str:
    """Every value in every table, as text."""
    values = []
    for table in db.metadata.sorted_tables:
        texts = [cast(column, String) for column in table.columns]
        values += [str(value) for row in db.session.execute(select(*texts)) for value in row]
    return "\n".join(values)


def test_nothing_that_is_personal_is_left(known: int) -> None:
    before = everything()
    assert not [word for word in PERSONAL if word not in before]
    erase_client(known, member(ANA), LATER)
    after = everything()
    assert not [word for word in PERSONAL if word.lower() in after.lower()]
    row = db.session.get_one(Client, known)
    assert row.name == f"Erased client {known}"
    assert (row.erased_at, row.deactivated_at) == (LATER, LATER)


# In PostgreSQL's files a deleted row stays until VACUUM frees its room and another takes it.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_of_it_is_left_in_the_files_of_the_database(
    known: int, sqlite_database: str
) -> None:
    with transaction() as session:
        # More rows than a page takes, so that rows are moved from page to page.
        session.add_all(Client(name=f"{n} Doe", notes="x" * 300, created_at=NOW) for n in range(99))
    path = Path(str(make_url(sqlite_database).database))
    erase_client(known, member(ANA), LATER)
    files = [file for file in path.parent.glob(f"{path.name}*") if file.is_file()]
    content = b"".join(file.read_bytes() for file in files)
    assert b"Riverside Clinic" in content
    assert not [word for word in PERSONAL if word.encode() in content]


def test_the_books_still_add_up(known: int) -> None:
    own = db.session.scalars(select(ClientPackage.id)).one()
    sessions = select(Booking.id, Booking.starts_at, Booking.member_id, Booking.client_id)
    amounts = select(CreditEntry.id, CreditEntry.amount, CreditEntry.kind, CreditEntry.at)
    books = credits_of([own]), *map(_rows, (sessions, amounts))
    erase_client(known, member(ANA), LATER)
    assert (credits_of([own]), *map(_rows, (sessions, amounts))) == books
    reasons = set(db.session.scalars(select(CreditEntry.why)))
    assert "" in reasons
    assert "Session booked" in reasons


def _rows(query: object) -> list[object]:
    return list(db.session.execute(query))  # type: ignore[call-overload]


def test_no_key_opens_anything_of_theirs(known: int) -> None:
    erase_client(known, member(ANA), LATER)
    for table in (PrivateLink, ClientLink, Message):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0, table
    assert db.session.scalars(select(Invite.line)).all() == [""]


def test_the_log_says_that_it_was_done_and_not_to_whom(known: int) -> None:
    erase_client(known, member(ANA), LATER)
    last = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert last is not None
    assert (last.act, last.subject_id, last.by_id) == ("client.erased", known, member(ANA).id)
    assert set(last.details) == {"mails"}


def test_a_file_that_waits_does_not_bring_them_back(known: int) -> None:
    number = db.session.scalars(select(ClientImport.id)).one()
    erase_client(known, member(ANA), LATER)
    import_clients(number, member(ANA), LATER)
    take_over_clients(LATER)
    names = set(db.session.scalars(select(Client.name)))
    assert names == {f"Erased client {known}", "Kim Doe"}


def test_sessions_to_come_are_cancelled_first(known: int) -> None:
    with pytest.raises(Unsettled, match="cancel each session"):
        erase_client(known, member(ANA), NOW)
    assert db.session.get_one(Client, known).name == NAME


def test_only_those_who_may_see_the_client(known: int) -> None:
    with pytest.raises(NotFound):
        erase_client(known, member(BEN), LATER)


def test_it_is_for_good(known: int) -> None:
    ana = member(ANA)
    erase_client(known, ana, LATER)
    kim = Client(name="Kim Doe", created_at=NOW)
    with transaction() as session:
        session.add(kim)
    for act in (
        lambda: erase_client(known, ana, LATER),
        lambda: reactivate_client(known, ana, LATER),
        lambda: change_client(known, About("Lee", None, None, None), 3, ana, LATER),
        lambda: merge_clients(kim.id, known, ana, LATER),
    ):
        with pytest.raises(Refused):
            act()
    assert [each.name for each in clients_to_export(ana)] == ["Kim Doe"]


def test_whoever_is_on_the_team_too_keeps_the_mails_about_their_account(clinic: Clinic) -> None:
    clinic(clients=[lee(email=DEE)], dee_may=["clients"])
    number, dee = db.session.scalars(select(Client.id)).one(), member(DEE)
    send_recovery_link(DEE, NOW)
    send_sign_in_link(DEE, NOW)
    erase_client(number, dee, NOW)
    assert [mail.split(":")[0] for mail in db.session.scalars(select(Message.event))] == [
        "password_recovery"
    ]


@pytest.mark.parametrize(
    "change",
    ["why = 'other words'", "why = '', amount = amount + 1", "why = '', at = at + 1", "amount = 5"],
)
def test_of_the_ledger_nothing_but_a_reason_can_be_emptied(known: int, change: str) -> None:
    with pytest.raises(DBAPIError, match="only grows"), transaction() as session:
        session.execute(text(f"UPDATE credit_entry SET {change}"))  # noqa: S608
    with pytest.raises(DBAPIError, match="only grows"), transaction() as session:
        session.execute(text("DELETE FROM credit_entry"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_copies_that_sqlite_itself_leaves_behind_go_too(
    clinic: Clinic, sqlite_database: str
) -> None:
    clinic()
    path, chance = Path(str(make_url(sqlite_database).database)), random.Random(1)  # noqa: S311
    # Rows that grow are moved from page to page, and not always is the place overwritten.
    for _try in range(60):
        _shuffle(chance)
        connection = db.engine.raw_connection()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.close()
        if b"Leocadia" in path.read_bytes():
            break
    assert b"Leocadia" in path.read_bytes()
    rewrite_file()
    assert b"Leocadia" not in path.read_bytes()


def _shuffle(chance: random.Random) -> None:
    """Add clients, have their rows grow and shrink, and change the names of some."""
    with transaction() as session:
        session.execute(text("DELETE FROM client"))
        for number in range(300):
            name = f"Leocadia {number}" if number % 50 == 7 else f"Kim {chance.randrange(10**6)}"
            notes = "y" * chance.randrange(10, 400)
            session.add(Client(id=number, name=name, notes=notes, created_at=NOW))
        session.flush()
        grow = text("UPDATE client SET notes = :notes WHERE id = :id")
        for _change in range(600):
            notes = "z" * chance.randrange(5, 1500)
            session.execute(grow, {"notes": notes, "id": chance.randrange(300)})
        session.execute(text("UPDATE client SET name = 'nobody' WHERE name LIKE 'Leocadia%'"))
