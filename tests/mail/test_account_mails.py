"""The mails about how somebody signs in."""

from collections.abc import Callable

import pytest

from portal import mail
from portal.mail import Change
from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, BEN, NOW
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.messages import latest, one

Clinic = Callable[..., None]


def test_the_link_for_a_forgotten_password(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        mail.password_recovery(session, one(Member, email=ANA), "a.token", NOW)
    agrees_with_golden_files(latest(), "password_recovery")


@pytest.mark.parametrize("change", Change)
def test_what_was_changed_about_signing_in(clinic: Clinic, change: Change) -> None:
    clinic()
    with transaction() as session:
        ana, ben = one(Member, email=ANA), one(Member, email=BEN)
        mail.account_changed(session, ana, change, NOW, by=ben)
    agrees_with_golden_files(latest(), f"account_changed_{change.value}")


def test_two_changes_of_one_second_are_two_mails(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        for _ in range(2):
            mail.account_changed(session, one(Member, email=ANA), Change.PASSWORD, NOW)
