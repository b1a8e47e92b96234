"""The mail that asks somebody to join the team."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.actions import joining
from portal.actions.joining import invite_to_team
from portal.actions.team import About
from portal.models import Member, Message, Role
from portal.scheduling.eligibility import Kind
from tests.clinics import ANA, NOW
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import html_of, text_of
from tests.mail.messages import TOKEN, messages, one

Clinic = Callable[..., None]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link in the mail is the same in every run."""
    monkeypatch.setattr(joining, "new_token", lambda: TOKEN)


def invited(role: str | None = "Coach") -> Message:
    role_id = one(Role, name=role).id if role else None
    about = About("Gus <Lind>", "gus@example.com", role_id, Kind.PRACTITIONER)
    invite_to_team(about, one(Member, email=ANA), NOW)
    return messages()[-1]


def test_it_names_who_invites_the_role_and_until_when(clinic: Clinic) -> None:
    clinic()
    agrees_with_golden_files(invited(), "team_invitation")


def test_without_a_role_it_names_none(clinic: Clinic) -> None:
    clinic()
    assert "role" not in text_of(invited(None))


def test_its_link_is_made_from_the_base_url(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["BASE_URL"] = "https://book.example.com"
    mail = invited()
    assert f"https://book.example.com/join/{TOKEN}" in text_of(mail)
    assert f'href="https://book.example.com/join/{TOKEN}"' in html_of(mail)
