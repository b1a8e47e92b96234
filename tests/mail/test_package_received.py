"""The mail to a client for whom staff have made a package."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from portal.actions.client_packages import create_for_client
from portal.models import Client, Member, Message, Package
from portal.queries.client_package_values import values_of_template
from tests.clinics import ANA, LEE, NOW, lee
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.messages import messages, one

Clinic = Callable[..., None]


def received(email: str | None = LEE) -> list[Message]:
    """Ana makes Lee the package Reset, until the end of June; returns the mails."""
    package, client = one(Package, slug="reset"), one(Client, email=email)
    values = values_of_template(package, NOW.date(), {})
    values = replace(values, expires_on=date(2027, 6, 30))
    create_for_client(client.id, package.id, values, 0, one(Member, email=ANA), NOW)
    return messages()


def test_it_says_what_is_in_it_with_whom_until_when_and_how_to_book(clinic: Clinic) -> None:
    clinic()
    [mail] = received()
    agrees_with_golden_files(mail, "package_received")
    assert (mail.recipient, mail.kind) == (LEE, "package_received")


def test_a_client_without_an_address_gets_none(clinic: Clinic) -> None:
    clinic(clients=[lee(email=None, key="lee")])
    assert received(None) == []
