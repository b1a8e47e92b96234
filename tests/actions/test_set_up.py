"""The first run: one token, one clinic."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from flask_security import verify_password
from sqlalchemy import func, select

from portal import clinic_file
from portal.actions.set_up import (
    NewClinic,
    NewHours,
    NewOwner,
    NewPractice,
    NewService,
    make_set_up_token,
    set_up_clinic,
)
from portal.db import db
from portal.errors import NotFound, PortalError, WrongField
from portal.mail.servers import MailServer
from portal.models import (
    Act,
    Activity,
    Delivery,
    MailSecurity,
    MailSettings,
    Member,
    Practice,
    Right,
    Role,
    Service,
    SetUpToken,
    WeeklyHours,
)
from portal.queries.practice import opens_set_up
from portal.scheduling.eligibility import Kind, Plan, Sharing
from tests.clinics import NOW, reset_clinic

CLINIC = NewClinic(
    practice=NewPractice("Donau Praxis", "Europe/Vienna", "EUR", Plan.TEAM, "Ring 1"),
    owner=NewOwner("Ana Ruiz", "ana@example.com", "nine sheep in a field"),
    service=NewService("Erstes Gespräch", 50, (Delivery.VIDEO, Delivery.IN_PERSON)),
    hours=NewHours((0, 2), 9 * 60, 17 * 60),
    mail=None,
)


def token() -> str:
    made = make_set_up_token(NOW)
    assert made
    return made


def test_everything_is_there_at_once(app: Flask) -> None:
    with app.app_context():
        owner = set_up_clinic(token(), CLINIC, NOW)
        practice = db.session.get_one(Practice, 1)
        assert (practice.name, practice.timezone) == ("Donau Praxis", "Europe/Vienna")
        assert (practice.currency, practice.plan, practice.place) == ("EUR", Plan.TEAM, "Ring 1")
        assert owner.is_owner
        assert owner.role
        assert owner.role.name == "Practitioner"
        assert verify_password("nine sheep in a field", owner.password)
        [service] = db.session.scalars(select(Service))
        assert (service.slug, service.minutes) == ("erstes-gesprach", 50)
        assert service.delivery == ["video", "in_person"]
        assert (service.owner, service.sharing) == (owner, Sharing.PRIVATE)
        hours = db.session.scalars(select(WeeklyHours).order_by(WeeklyHours.weekday))
        assert [(h.weekday, h.start_minute, h.end_minute) for h in hours] == [
            (0, 540, 1020),
            (2, 540, 1020),
        ]
        roles = {role.name: role.rights for role in db.session.scalars(select(Role))}
        assert roles == {"Practitioner": [], "Front desk": [Right.OFFERS, Right.CLIENTS]}
        [entry] = db.session.scalars(select(Activity))
        assert (entry.act, entry.by) == (Act.PRACTICE_SET_UP, owner)


def test_what_is_set_up_can_be_dumped_and_loaded(app: Flask) -> None:
    with app.app_context():
        set_up_clinic(token(), CLINIC, NOW)
        document = clinic_file.dump()
        clinic_file.load(document, NOW)
        assert clinic_file.dump() == document


def test_an_owner_who_sees_no_clients_has_no_hours(app: Flask) -> None:
    with app.app_context():
        owner = replace(CLINIC.owner, kind=Kind.ADMIN)
        made = set_up_clinic(token(), replace(CLINIC, owner=owner), NOW)
        assert made.role
        assert made.role.name == "Front desk"
        assert not db.session.scalar(select(func.count(WeeklyHours.id)))


def test_the_mail_server_is_kept_with_its_password_sealed(app: Flask) -> None:
    server = MailServer("smtp.example.com", 587, MailSecurity.STARTTLS, "ana", "sesame", "a@b.com")
    with app.app_context():
        set_up_clinic(token(), replace(CLINIC, mail=server), NOW)
        row = db.session.get_one(MailSettings, 1)
        assert (row.server, row.sender) == ("smtp.example.com", "a@b.com")
        assert "sesame" not in str(row.password_sealed)


def test_the_token_is_stored_as_a_hash_and_each_start_replaces_it(app: Flask) -> None:
    with app.app_context():
        first, second = token(), token()
        assert len(first) >= 22  # 128 bits
        assert not opens_set_up(first)
        assert opens_set_up(second)
        [row] = db.session.scalars(select(SetUpToken))
        assert second not in row.token_hash
        with pytest.raises(NotFound, match="console"):
            set_up_clinic(first, CLINIC, NOW)
        assert db.session.get(Practice, 1) is None


def test_the_token_is_gone_afterwards_and_none_is_made(app: Flask) -> None:
    with app.app_context():
        used = token()
        set_up_clinic(used, CLINIC, NOW)
        assert db.session.get(SetUpToken, 1) is None
        assert make_set_up_token(NOW) is None
        with pytest.raises(NotFound, match="set up already"):
            set_up_clinic(used, CLINIC, NOW)


def test_a_token_from_before_a_clinic_was_loaded_opens_nothing(app: Flask) -> None:
    with app.app_context():
        old = token()
        clinic_file.load(reset_clinic(), NOW)
        with pytest.raises(NotFound, match="set up already"):
            set_up_clinic(old, CLINIC, NOW)


def test_a_short_password_leaves_everything_as_it_was(app: Flask) -> None:
    with app.app_context():
        made = token()
        with pytest.raises(WrongField, match="at least 10"):
            set_up_clinic(made, replace(CLINIC, owner=replace(CLINIC.owner, password="short")), NOW)
        assert opens_set_up(made)


def test_of_two_at_once_one_sets_up_and_the_other_is_told(app: Flask) -> None:
    with app.app_context():
        made = token()

    at_once = threading.Barrier(2)

    def try_it(_number: int) -> str:
        with app.app_context():
            at_once.wait(20)
            try:
                set_up_clinic(made, CLINIC, NOW)
            except PortalError as refusal:
                return str(refusal)
            return "set up"

    with ThreadPoolExecutor(2) as people:
        answers = sorted(people.map(try_it, range(2)))
    assert answers == ["This clinic is set up already. Its team can sign in.", "set up"]
    with app.app_context():
        assert db.session.scalar(select(func.count(Member.id))) == 1
