"""The mail to the address that a client was known by before staff changed it."""

from collections.abc import Callable

from portal import mail
from portal.models import Client
from portal.transaction import transaction
from tests.clinics import LEE, NOW, lee
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.messages import latest, one

Clinic = Callable[..., None]


def test_the_former_address_is_told_that_it_was_changed(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    with transaction() as session:
        mail.client_address_changed(session, one(Client, email=LEE), NOW)
    agrees_with_golden_files(latest(), "client_address_changed")
