"""The whole site with everybody signed in, for tests that go through every address of the URL map.

An argument in an address has its value in `_arguments`: an address with one that isn't there fails.
"""

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from portal import clock, config, create_app
from portal.actions.booking import Contact, book
from portal.actions.calendar_feeds import make_client_feed, make_member_feed
from portal.actions.client_sign_ins import send_sign_in_link, sign_in_client
from portal.actions.holding import hold
from portal.actions.sharing import short_link_for
from portal.config import SETTINGS
from portal.db import db
from portal.models import (
    Booking,
    CalendarFeed,
    Client,
    ClientImport,
    ClientLink,
    ClientPackage,
    Detail,
    Member,
    Message,
    Package,
    Passkey,
    Right,
    Role,
    Service,
    SignIn,
    TeamInvitation,
    TimeOff,
)
from portal.queries.offers import load_offer
from portal.scheduling.eligibility import Kind
from portal.tokens import new_token, token_hash
from portal.transaction import transaction
from portal.web.client_here import TOKEN as CLIENTS_TOKEN
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee, reset_clinic
from tests.conftest import LIGHT_HASHES, SECRET_KEY, dispose
from tests.loading import load_clinic
from tests.web.practice.people import PASSWORD, csrf_token, try_to_sign_in

NOBODY, CLIENT, OWNER = "anonymous", "client", "owner"
PRACTITIONER, OTHER, ADMIN = "practitioner", "another practitioner", "admin without rights"
WITH = {right: f"admin who may {right.value}" for right in Right}
STAFF = {OWNER: ANA, PRACTITIONER: BEN, OTHER: CHO, ADMIN: DEE} | {
    who: f"dee-{right.value}@example.com" for right, who in WITH.items()
}
EVERYBODY = (NOBODY, CLIENT, *STAFF)


@dataclass
class Site:
    """The site with everybody signed in, as it was before each request."""

    app: Flask
    browsers: dict[str, FlaskClient]
    arguments: dict[str, str | int]
    tokens: dict[str, str]
    database: Path
    untouched: Path

    def address(self, rule: Rule, method: str) -> str:
        """Return an address that the rule is for, of things that are there."""
        arguments = {name: self.argument(rule, name) for name in rule.arguments}
        with self.app.test_request_context():
            urls = self.app.url_map.bind("localhost")
            return urls.build(rule.endpoint, arguments, method=method)

    def argument(self, rule: Rule, name: str) -> str | int:
        """Return the value of an argument of the rule."""
        special = f"{rule.endpoint.split('.')[0]}:{name}"
        converter = f"slug:{name}" if f"<slug:{name}>" in rule.rule else special
        value = self.arguments.get(converter, self.arguments.get(name))
        assert value is not None, f"{rule.rule} has an argument without a value: {name}"
        return value

    def restore(self) -> None:
        """Undo whatever requests have done."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self.database}{ending}").unlink(missing_ok=True)
        shutil.copy(self.untouched, self.database)


@pytest.fixture
def site(sqlite_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The clinic of the scenarios, with four more admins who have one right each."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    # A mail server that is typed into a form is never spoken to.
    monkeypatch.setattr(socket, "create_connection", _nobody_there)
    settings = {"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": sqlite_database}
    # Nobody waits here, and a limit that is reached would hide who may and who may not.
    limits = {each.name: "100000 per minute" for each in SETTINGS if each.parse is config._rate}
    app = create_app(settings | limits)
    app.extensions["security"].pwd_context.update(**LIGHT_HASHES)
    with app.app_context():
        arguments = furnish()
        signed_in = _sign_in_of_lee()
    browsers = {who: app.test_client() for who in EVERYBODY}
    with browsers[CLIENT].session_transaction() as cookie:
        cookie[CLIENTS_TOKEN] = signed_in
    for who, email in STAFF.items():
        assert try_to_sign_in(browsers[who], email).status_code in (302, 303), who
    with app.app_context():
        arguments["sign_in"] = db.session.scalars(
            select(SignIn.id).join(Member).where(Member.email == BEN)
        ).one()
        database = Path(str(db.engine.url.database))
    untouched = tmp_path / "untouched.db"
    site = Site(app, browsers, arguments, {}, database, untouched)
    with app.app_context():
        db.session.remove()
        # The last connection that is closed puts everything into the one file.
        db.engine.dispose()
    shutil.copy(database, untouched)
    site.tokens = {who: _token(browser, who) for who, browser in browsers.items()}
    yield site
    dispose(app)


def _nobody_there(*_address: Any, **_options: Any) -> socket.socket:
    raise ConnectionRefusedError


def furnish() -> dict[str, str | int]:
    """Load the clinic with two sessions of Lee's; returns a value for each argument."""
    load_clinic(reset_clinic(clients=[lee()], dee_may=[]), NOW)
    token = _books(ANA)
    _books(BEN)
    _more_admins()
    return _arguments(token)


def _token(browser: FlaskClient, who: str) -> str:
    return csrf_token(browser, "/practice/services" if who in STAFF else "/sign-in")


def _books(email: str) -> str:
    """Lee books a follow-up with this practitioner; returns the booking's private token."""
    offer = load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    whom = db.session.scalars(select(Member.id).where(Member.email == email)).one()
    token = hold(
        offer,
        service_id=item.service.id,
        method="in_person",
        member_id=whom,
        start=NOW.replace(hour=14) + timedelta(days=1),
        now=NOW,
    )
    book(token, Contact("Lee Park", "lee@example.com"), now=NOW)
    return token


def _sign_in_of_lee() -> str:
    """Lee is signed in to My bookings; returns the token for the cookie."""
    send_sign_in_link("lee@example.com", NOW)
    with transaction() as session:
        link = session.scalars(select(ClientLink)).one()
        link.token_hash = token_hash(token := new_token())
    return sign_in_client(token, NOW)


def _more_admins() -> None:
    from flask_security import hash_password

    hashed = hash_password(PASSWORD)
    with transaction() as session:
        for right in Right:
            role = Role(name=f"May {right.value}", rights=[right.value])
            email = f"dee-{right.value}@example.com"
            session.add(
                Member(email=email, name=email, kind=Kind.ADMIN, role=role, fs_uniquifier=email)
            )
        session.flush()
        for member in session.scalars(select(Member)):
            member.password = hashed
        ben = session.scalars(select(Member).where(Member.email == BEN)).one()
        session.add(
            Passkey(
                user_id=ben.id,
                credential_id=b"a key",
                public_key=b"its other half",
                backup_state=False,
                device_type="single_device",
                create_datetime=NOW,
                lastuse_datetime=NOW,
                name="Ben's phone",
                usage="first",
            )
        )
        session.add(
            TimeOff(member_id=ben.id, starts_at=NOW + timedelta(1), ends_at=NOW + timedelta(2))
        )
        message = session.scalars(select(Message).order_by(Message.id)).first()
        assert message is not None
        message.failed_at = NOW


def _arguments(token: str) -> dict[str, str | int]:
    """A value for each name of an argument in an address."""
    by_email = {m.email: m.id for m in db.session.scalars(select(Member))}
    package = db.session.scalars(select(Package)).one()
    code = short_link_for(package.id, db.session.get_one(Member, by_email[ANA]), NOW).code
    invited = new_token()
    with transaction() as session:
        invitation = TeamInvitation(
            email="eve@example.com",
            name="Eve Lund",
            kind=Kind.PRACTITIONER,
            token_hash=token_hash(invited),
            invited_by_id=by_email[ANA],
            sent_at=NOW,
            expires_at=NOW + timedelta(days=7),
        )
        other = Client(name="Somebody Else", created_at=NOW)
        file = ClientImport(by_id=by_email[ANA], file_name="x.csv", lines=[], created_at=NOW)
        session.add_all((invitation, other, file))
    lee_id = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
    make_member_feed(by_email[BEN], Detail.FULL, NOW)
    feed_token = make_client_feed(lee_id, NOW)
    bens_feed, lees_feed = db.session.scalars(select(CalendarFeed.id).order_by(CalendarFeed.id))
    return {
        "client": lee_id,
        "other": other.id,
        "client_import": file.id,
        "package": package.id,
        "slug:package": package.slug,
        "service": db.session.scalars(select(Service.id).where(Service.slug == "follow-up")).one(),
        "member": by_email[BEN],
        "role": db.session.scalars(select(Role.id).where(Role.name == "Coach")).one(),
        "invitation": invitation.id,
        "time_off": db.session.scalars(select(TimeOff.id)).one(),
        "message": db.session.scalars(select(Message.id).order_by(Message.id)).first() or 0,
        "session": db.session.scalars(
            select(Booking.id).where(Booking.member_id == by_email[BEN])
        ).one(),
        "passkey": db.session.scalars(select(Passkey.id)).one(),
        "signed": "made-up",
        "token": token,
        "ref": token,
        "client_package": 1,
        "own": db.session.scalars(select(ClientPackage.id).order_by(ClientPackage.id)).first() or 0,
        "joining:token": invited,
        "code": code,
        "feed": bens_feed,
        "my_calendar_feeds:feed": lees_feed,
        "calendar_feeds:token": feed_token,
        "day": "2027-03-03",
        "filename": "portal.css",
        "kind": "booking_made",
    }


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every address with each method that it takes: reading, then writing, then signing out."""
    found = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    last = "security.logout"
    return sorted(found, key=lambda e: (e[0].endpoint == last, e[1] != "GET", e[0].rule))
