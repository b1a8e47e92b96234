"""Clients sign in to My bookings: one mail, one link, half an hour, once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.client_sign_ins import (
    LINK,
    SIGN_IN,
    send_sign_in_link,
    sign_in_client,
    sign_out_client,
)
from portal.db import db
from portal.errors import Gone
from portal.models import Activity, Actor, Client, ClientLink, ClientSignIn, Message
from portal.queries.client_sign_ins import find_client_link, find_signed_in_client
from portal.transaction import transaction
from tests.actions.sessions import acts, mails
from tests.clinics import LEE, NOW, lee
from tests.mail.laid_out import text_of

Clinic = Callable[..., None]


def link_for(email: str = LEE) -> str:
    """Ask for a link; returns the token in the mail."""
    send_sign_in_link(email, NOW)
    mail = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    text = text_of(mail) if mail else ""
    found = re.search(r"/my-bookings/sign-in/([\w-]{22})\s", text)
    assert found, text
    return found[1]


def deactivate() -> None:
    with transaction() as session:
        session.scalars(select(Client)).one().deactivated_at = NOW


def test_the_mail_has_a_link_and_the_database_only_its_hash(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = link_for(" Lee@Example.com ")
    assert mails() == [(LEE, "Your link to My bookings at Riverside Clinic")]
    link = db.session.scalars(select(ClientLink)).one()
    assert (link.expires_at, link.used_at) == (NOW + timedelta(minutes=30), None)
    assert token not in link.token_hash
    assert find_client_link(token, NOW).client.email == LEE


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "deactivated"])
def test_nobody_else_gets_a_mail(clinic: Clinic, known: bool) -> None:
    clinic(clients=[lee()] if known else [])
    if known:
        deactivate()
    send_sign_in_link(LEE, NOW)
    assert mails() == []
    assert not db.session.scalars(select(ClientLink)).all()


def test_the_link_signs_in_once(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = link_for()
    signed_in = sign_in_client(token, NOW)
    client = find_signed_in_client(signed_in, NOW)
    assert client is not None
    assert client.email == LEE
    assert acts()[-1] == "client.signed_in"
    entry = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.subject_id) == (Actor.CLIENT, client.id)
    with pytest.raises(Gone, match="works once"):
        sign_in_client(token, NOW)
    assert len(db.session.scalars(select(ClientSignIn)).all()) == 1


def test_the_link_is_over_after_half_an_hour(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = link_for()
    assert find_client_link(token, NOW + LINK - timedelta(seconds=1))
    with pytest.raises(Gone):
        find_client_link(token, NOW + LINK)
    with pytest.raises(Gone):
        sign_in_client(token, NOW + LINK)
    with pytest.raises(Gone):
        sign_in_client("A" * 22, NOW)


def test_a_deactivated_client_is_out_at_once_and_their_links_lead_nowhere(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    signed_in, unused = sign_in_client(link_for(), NOW), link_for()
    deactivate()
    assert find_signed_in_client(signed_in, NOW) is None
    with pytest.raises(Gone):
        sign_in_client(unused, NOW)


def test_a_sign_in_lasts_thirty_days_or_until_it_is_ended(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    first = sign_in_client(link_for(), NOW)
    assert find_signed_in_client(first, NOW + SIGN_IN - timedelta(seconds=1))
    assert find_signed_in_client(first, NOW + timedelta(days=30)) is None
    second = sign_in_client(link_for(), NOW)
    sign_out_client(first, NOW)
    assert find_signed_in_client(first, NOW) is None
    assert find_signed_in_client(second, NOW)


def test_signing_in_again_in_a_browser_ends_what_it_had(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    first = sign_in_client(link_for(), NOW)
    second = sign_in_client(link_for(), NOW, replacing=first)
    assert find_signed_in_client(first, NOW) is None
    assert find_signed_in_client(second, NOW)
