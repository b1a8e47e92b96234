"""The sample clinic is lively on whatever day it's made."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_security import verify_password
from sqlalchemy import func, select

from portal import clinic_file, demo
from portal.db import db
from portal.demo.people import BEN, CHO
from portal.errors import Refused
from portal.migrating import migrate_to_head
from portal.models import Booking, Member, Package, Service, ShortLink
from portal.queries.offers import load_offer, load_offer_for_client
from portal.queries.openings import load_board
from tests.cli.conftest import Run, application, runner
from tests.clinics import NOW
from tests.conftest import dispose

# Every day of a week, and the weeks in which the clocks change.
DAYS = [datetime(2027, 3, day, 15, 20, tzinfo=UTC) for day in range(8, 16)]
DAYS += [datetime(2026, 11, 1, 3, 59, tzinfo=UTC), datetime(2028, 2, 29, 23, tzinfo=UTC)]


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%a %d %b %Y}")
def test_there_is_something_to_book_tomorrow(sqlite_database: str, now: datetime) -> None:
    app = application(sqlite_database)
    with app.app_context():
        clinic_file.load(demo.document(now), now)
        tomorrow = now.astimezone(ZoneInfo("America/New_York")).date() + timedelta(days=1)
        for package, service in (("reset", "follow-up"), ("strong-start", "coaching-call")):
            offer = load_offer(package, now)
            item = offer.item(service)
            assert item is not None
            board = load_board(offer, item.service, now)
            assert len(board.people) >= 2
            assert len(board.openings(tomorrow, 1)) >= 5
    dispose(app)


def test_the_sample_clinic_is_lively(app: Flask) -> None:
    with app.app_context():
        demo.load_demo(NOW)
        starts = db.session.scalars(select(Booking.starts_at)).all()
        assert sum(start < NOW for start in starts) > 300
        assert sum(start > NOW for start in starts) > 60
        assert db.session.scalar(select(func.count(func.distinct(Member.role_id)))) == 3
        sharing = db.session.scalars(select(func.distinct(Service.sharing))).all()
        assert len(sharing) == 4
        lee = load_offer_for_client("reset", "lee@example.com", "follow-up", NOW)
        assert lee is not None
        left = {item.service.slug: (item.sessions, item.left) for item in lee.items}
        assert left == {"initial-consultation": (1, 0), "follow-up": (3, 1)}


def test_first_consultations_are_with_the_assigned_person_alone(app: Flask) -> None:
    with app.app_context():
        demo.load_demo(NOW)
        offer = load_offer("reset", NOW)
        people = {}
        for item in offer.items:
            board = load_board(offer, item.service, NOW)
            people[item.service.slug] = [person.name.split()[0] for person in board.people]
        assert people == {
            "initial-consultation": ["Ana"],
            "follow-up": ["Ana", "Ben", "Cho", "Eli", "Fay"],
        }


def test_everybody_on_the_team_can_sign_in_and_a_short_link_leads_to_a_package(app: Flask) -> None:
    with app.app_context():
        demo.load_demo(NOW)
        members = db.session.scalars(select(Member)).all()
        assert len(members) == 6
        assert {member.email for member in members} > {demo.OWNER, BEN, CHO}
        for member in members:
            assert member.password is not None
            assert member.password.startswith("$argon2id$")
        assert verify_password(demo.DEMO_PASSWORD, members[0].password)
        link = db.session.scalars(select(ShortLink)).one()
        assert db.session.get_one(Package, link.package_id).slug == demo.PACKAGE


def test_the_sample_clinic_is_a_clinic_file_like_any_other(app: Flask) -> None:
    with app.app_context():
        demo.load_demo(NOW)
        dumped = clinic_file.dump()
        clinic_file.load(dumped, NOW)
        assert clinic_file.dump() == dumped
        assert dumped["packages"] == demo.document(NOW)["packages"]


def test_the_command_makes_it_and_says_how_to_sign_in(empty_app: Flask) -> None:
    run = runner(empty_app)
    result = run("clinic", "demo")
    assert (result.exit_code, result.stdout) == (
        0,
        "Made the sample clinic. Sign in as ana@example.com with riverside-demo.\n",
    )
    result = run("openings", "reset", "follow-up")
    assert (result.exit_code, result.stderr) == (0, "")


def test_it_is_not_made_over_a_clinic(run: Run, app: Flask) -> None:
    assert run("clinic", "demo").exit_code == 0
    with app.app_context():
        before = clinic_file.dump()
        migrate_to_head()
        with pytest.raises(Refused):
            demo.load_demo(NOW)
    again = run("clinic", "demo")
    assert (again.exit_code, again.stderr) == (
        1,
        "There is a clinic in this database already; the sample needs an empty one.\n",
    )
    with app.app_context():
        assert clinic_file.dump() == before
