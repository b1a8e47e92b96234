"""The mail that leads a client to My bookings."""

from collections.abc import Callable
from datetime import timedelta

from portal import mail
from portal.models import Client, ClientLink
from portal.tokens import token_hash
from portal.transaction import transaction
from tests.clinics import LEE, NOW
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.messages import TOKEN, latest, one

Clinic = Callable[..., None]


def test_the_link_to_my_bookings(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        lee = one(Client, email=LEE)
        link = ClientLink(
            client=lee,
            token_hash=token_hash(TOKEN),
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=30),
        )
        session.add(link)
        letter = mail.composed_sign_in_link(session, lee, lee.name, TOKEN)
        mail.sign_in_link(session, link, letter, NOW)
    agrees_with_golden_files(latest(), "sign_in_link")
    assert latest().event == f"client_link:{link.id}:sent"
