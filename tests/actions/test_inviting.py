"""Inviting a client to book: one invite, one mail, and a token that grants nothing else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.inviting import invite_to_book
from portal.db import db
from portal.errors import NotFound, Refused
from portal.models import Booking, Client, ClientPackage, Invite, Member, Message, Package
from portal.queries.clients import visible_clients
from portal.queries.invites import invited_client, load_invites
from portal.tokens import new_token, token_hash
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee
from tests.mail.laid_out import text_of

Clinic = Callable[..., None]


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def lee_id() -> int:
    return db.session.scalars(select(Client.id).where(Client.email == LEE)).one()


def reset_id() -> int:
    return db.session.scalars(select(Package.id)).one()


def invite(token: str, who: str = ANA, line: str = "") -> Invite:
    return invite_to_book(reset_id(), lee_id(), line, token, member(who), NOW)


def sent() -> list[Message]:
    return list(db.session.scalars(select(Message)))


def test_it_makes_the_invite_and_its_mail_together(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = new_token()
    made = invite(token, line="  See you soon. ")
    assert (made.line, made.created_at, made.sent_by.email) == ("See you soon.", NOW, ANA)
    [mail] = sent()
    assert mail.invite == made
    assert f"?invite={token}" in text_of(mail)


def test_the_token_itself_is_not_stored_with_the_invite(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = new_token()
    made = invite(token)
    assert made.token_hash == token_hash(token) != token
    assert len(token) == 22


def test_one_token_is_one_invite_and_one_mail(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = new_token()
    assert invite(token).id == invite(token).id
    assert len(sent()) == 1


def test_one_form_sent_by_many_at_once_is_one_invite(clinic: Clinic, app: Flask) -> None:
    clinic(clients=[lee()])
    token = new_token()

    def press(_number: int) -> int:
        with app.app_context():
            return invite(token).id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(press, range(6)))) == 1
    db.session.rollback()
    assert len(sent()) == 1


def test_a_form_that_was_sent_to_one_client_is_not_sent_to_another(clinic: Clinic) -> None:
    clinic(clients=[lee(), lee(email="robin@example.com", name="Robin Wu")])
    token = new_token()
    invite(token)
    robin = db.session.scalars(select(Client.id).where(Client.name == "Robin Wu")).one()
    with pytest.raises(Refused, match="has sent an invite already"):
        invite_to_book(reset_id(), robin, "", token, member(ANA), NOW)
    assert len(sent()) == 1


@pytest.mark.parametrize(
    ("client", "package", "sentence"),
    [
        pytest.param({}, {"archived": True}, "archived", id="archived package"),
        pytest.param({"active": False}, {}, "Lee Park is deactivated", id="deactivated client"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(
    clinic: Clinic, client: dict[str, object], package: dict[str, object], sentence: str
) -> None:
    clinic(clients=[lee(**client)], package=package)
    with pytest.raises(Refused, match=sentence):
        invite(new_token())
    assert sent() == []


def test_the_token_names_its_client_and_grants_nothing_else(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = new_token()
    made = invite(token)
    found = invited_client(token)
    assert found
    assert (found.name, found.email, found.invite_id) == ("Lee Park", LEE, made.id)
    assert invited_client(new_token()) is None
    assert invited_client("") is None


def test_a_deactivated_client_is_not_named(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = new_token()
    invite(token)
    with transaction() as session:
        session.get_one(Client, lee_id()).deactivated_at = NOW
    assert invited_client(token) is None


def held(invite_id: int | None, when: datetime, **values: Any) -> Booking:
    """A time that somebody holds who came by an invite."""
    hours = {"starts_at": when, "busy_start": when}
    hours |= {"ends_at": when + timedelta(hours=1), "busy_end": when + timedelta(hours=1)}
    values = {"held_until": when, "created_at": when, "invite_id": invite_id} | values
    return Booking(member_id=member(CHO).id, service_id=1, delivery="in_person", **hours, **values)


def test_holding_a_time_is_opening_and_a_booking_is_booked(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    made = invite(new_token()).id
    later = NOW + timedelta(hours=3)
    with transaction() as session:
        session.add(held(made, NOW))
    [line] = load_invites(reset_id(), member(ANA)).lines
    assert (line.opened_at, line.booked_at) == (NOW, None)
    with transaction() as session:
        session.add(held(made, later, client_id=lee_id(), held_until=None))
    [line] = load_invites(reset_id(), member(ANA)).lines
    assert (line.opened_at, line.booked_at) == (NOW, later)


def visible_to(email: str) -> set[str]:
    query = select(Client.name).where(Client.id.in_(visible_clients(member(email))))
    return set(db.session.scalars(query))


def test_who_sees_which_clients(clinic: Clinic) -> None:
    names = ("New Person", "Bens Package", "Chos Session")
    people = [lee(name=name, email=f"{name.split()[0]}@x.org".lower()) for name in names]
    clinic(clients=people, dee_may=["clients"])
    ids = dict(db.session.execute(select(Client.name, Client.id)).all())
    with transaction() as session:
        session.add(
            ClientPackage(
                client_id=ids["Bens Package"],
                package_id=reset_id(),
                assigned_to_id=member(BEN).id,
                started_on=NOW.date(),
                created_at=NOW,
            )
        )
        session.add(held(None, NOW, client_id=ids["Chos Session"], held_until=None))
    assert visible_to(ANA) == visible_to(DEE) == set(names)
    assert visible_to(BEN) == {"New Person", "Bens Package"}
    assert visible_to(CHO) == {"New Person", "Chos Session"}
    with pytest.raises(NotFound):
        invite_to_book(reset_id(), ids["Chos Session"], "", new_token(), member(BEN), NOW)
    assert sent() == []
