"""Which passwords are refused because they're guessed first."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.accounts import change_password, hashed_password
from portal.actions.passwords import is_easily_guessed
from portal.db import db
from portal.errors import WrongField
from portal.models import Member
from tests.clinics import ANA, NOW

ABOUT = ("Ana Ruiz", ANA, "Riverside Clinic")


@pytest.mark.parametrize(
    "password",
    [
        *("password123", "Password 2027!", "qwertyuiop", "1234567890", "123456123456"),
        *("iloveyou!!", "aaaaaaaaaaaa", "abababababab", "!!!!!!!!!!!", "2027-03-01"),
        *("riverside2027", "Riverside Clinic", "RIVERSIDECLINIC1", "ana.ruiz 1984"),
        *("ana@example.com", "1ana@example.com2"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert is_easily_guessed(password, ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        *("nine sheep in a red field", "correct horse battery", "grüne grüße", "x7Kq!mz2Lp"),
        *("riverside otters", "my ana has ten sheep", "4@8({[<369&#!1/|0$5+7%2"),
        "密码是一只红色的羊在田里",
    ],
)
def test_what_is_not_is_taken_whatever_characters_it_has(password: str) -> None:
    assert not is_easily_guessed(password, ABOUT)


@pytest.mark.parametrize("password", ["iloveyou2027", "riverside1", "anaruiz1984"])
def test_whoever_chooses_it_is_told_so_and_nothing_changes(
    clinic: Callable[..., None], password: str
) -> None:
    clinic()
    ana = db.session.scalars(select(Member).where(Member.email == ANA)).one()
    before = ana.password
    with pytest.raises(WrongField, match="easily guessed"):
        change_password(ana, password, NOW)
    assert ana.password == before


def test_before_there_is_a_practice_common_ones_are_refused_too(app: Flask) -> None:
    with app.app_context(), pytest.raises(WrongField, match="easily guessed"):
        hashed_password("iloveyou2027")
