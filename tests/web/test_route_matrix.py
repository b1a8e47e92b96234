"""Every address x everybody: what may be opened, and what answers 403, 404 or the sign-in page.

The addresses come from the URL map, and what is expected from what each declares with `open_to`.
Addresses whose answer depends on whose thing it is are declared in OF_THE_THING, and an argument in
an address has its value in ARGUMENTS: an address that neither knows fails.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from portal import clinic_file, clock
from portal.actions.booking import Contact, book
from portal.actions.calendar_feeds import make_client_feed, make_member_feed
from portal.actions.client_sign_ins import send_sign_in_link, sign_in_client
from portal.actions.holding import hold
from portal.actions.sharing import short_link_for
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
from portal.web.access import anyone, check_of, whoever_has_the_link
from portal.web.accounts import checks, members, those_who_may
from portal.web.client_here import TOKEN as CLIENTS_TOKEN
from portal.web.client_here import clients
from portal.web.public.often import anyone_not_too_often
from portal.web.set_up import whoever_has_the_token
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee, reset_clinic
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.web.practice.people import PASSWORD, csrf_token, try_to_sign_in

OPEN, SIGN_IN, FORBIDDEN, MISSING = "open", "sign in", "403", "404"

NOBODY, CLIENT, OWNER = "anonymous", "client", "owner"
PRACTITIONER, OTHER, ADMIN = "practitioner", "another practitioner", "admin without rights"
WITH = {right: f"admin who may {right.value}" for right in Right}
STAFF = {OWNER: ANA, PRACTITIONER: BEN, OTHER: CHO, ADMIN: DEE} | {
    who: f"dee-{right.value}@example.com" for right, who in WITH.items()
}
EVERYBODY = (NOBODY, CLIENT, *STAFF)


def only(*people: str, otherwise: str = MISSING) -> dict[str, str]:
    """Open to these members, and `otherwise` to the others."""
    return {who: OPEN if who in people else otherwise for who in STAFF}


BENS_HOURS = only(PRACTITIONER, OWNER, WITH[Right.TEAM])
ANAS_SERVICE = only(OWNER, WITH[Right.OFFERS], otherwise=FORBIDDEN)
ANAS_MAIL = only(OWNER, WITH[Right.CLIENTS])
# Lee has sessions with both, of a package that is Ana's.
ANAS_CLIENT = only(OWNER, WITH[Right.CLIENTS])
BENS_SESSION = only(PRACTITIONER, OWNER, WITH[Right.CLIENTS])
ANAS_CLIENTS_PACKAGE = only(OWNER, otherwise=FORBIDDEN) | {WITH[Right.OFFERS]: MISSING}
ANAS_IMPORT = only(OWNER, otherwise=FORBIDDEN) | {WITH[Right.CLIENTS]: MISSING}

# What is Ben's, or Ana's, and what the others get who are signed in. The things are in ARGUMENTS.
OF_THE_THING: dict[str, dict[str, str]] = {
    "availability.mine": only(*STAFF),
    "availability.people": only(*STAFF),
    "outbox.try_again": ANAS_MAIL,
    "clients.show": ANAS_CLIENT,
    "clients.save": ANAS_CLIENT,
    "clients.accept": ANAS_CLIENT,
    "client_packages.index": ANAS_CLIENT,
    "client_packages.attention": only(*STAFF),
    "credits.index": ANAS_CLIENT,
    "calendar.accept_request": BENS_SESSION,
    "calendar.decline_request": BENS_SESSION,
    "client_imports.show": ANAS_IMPORT,
    "client_imports.begin": ANAS_IMPORT,
    "client_imports.forget": ANAS_IMPORT,
    "service_editor.edit": ANAS_SERVICE,
    "service_editor.save": ANAS_SERVICE,
    "service_editor.archive": ANAS_SERVICE,
    "service_editor.restore": ANAS_SERVICE,
    "share.replace": ANAS_SERVICE,
    "team.hand_over": only(OWNER, otherwise=FORBIDDEN),
    "account.end": only(PRACTITIONER),
    "account.remove": only(PRACTITIONER),
    "own_calendar_feeds.revoke": only(PRACTITIONER),
}
OF_THE_THING_BY_BLUEPRINT: dict[str, dict[str, str]] = {
    "availability": BENS_HOURS,
    "availability_dates": BENS_HOURS,
    "sessions": BENS_SESSION,
    "session_moving": BENS_SESSION,
    "client_sessions": ANAS_CLIENT,
    "booking_for_client": ANAS_CLIENT,
    "client_packages": ANAS_CLIENTS_PACKAGE,
    "credits": ANAS_CLIENTS_PACKAGE,
}

# Open to whoever is there, by declaration, although there is nothing for the one who asks.
NOT_THERE = {
    "theme.logo": "the clinic has no logo",
    "set_up.show": "the clinic is set up",
    "set_up.make": "the clinic is set up",
    "set_up.test_mail": "the clinic is set up",
}

# What an address needs besides the form's token, to say anything at all.
FIELDS = {"packages_editor.move": {"direction": "down"}, "team.hand_over": {"sure": "y"}}


@dataclass
class Site:
    """The site with everybody signed in, as it was before each request."""

    app: Flask
    browsers: dict[str, FlaskClient]
    arguments: dict[str, str | int]
    tokens: dict[str, str]
    database: Path
    untouched: Path

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
    from portal import create_app
    from tests.conftest import SECRET_KEY, dispose

    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings = {"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": sqlite_database}
    # Nobody waits here, and a limit that is reached would hide who may and who may not.
    limited = (
        "SIGN_IN_TRIES",
        "SHORT_LINK_MISSES",
        "CODE_TRIES",
        "HOLDS",
        "BOOKINGS",
        "FEED_MISSES",
    )
    limits = dict.fromkeys(limited, "10000 per minute")
    app = create_app(settings | limits)
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()], dee_may=[]), NOW)
        token = _books(ANA)
        _books(BEN)
        _more_admins()
        arguments = _arguments(token)
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
        "client": db.session.scalars(select(Client.id).where(Client.email == LEE)).one(),
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


# What is declared.


def expected(app: Flask, rule: Rule, who: str) -> str:
    """What the declarations say that somebody gets at an address."""
    check = check_of(app, rule.endpoint)
    if check in (anyone, anyone_not_too_often, whoever_has_the_link, whoever_has_the_token):
        return MISSING if rule.endpoint in NOT_THERE else OPEN
    if check in (None, checks.nobody):
        return MISSING
    if rule.endpoint == "security.wan_signin_response" and who not in STAFF:
        # Nobody has begun to sign in with a passkey, so it's begun anew.
        return SIGN_IN
    if check in (checks.not_too_often, checks._visitors_not_too_often):
        return OPEN
    if check is clients:
        return OPEN if who == CLIENT else SIGN_IN
    if who not in STAFF:
        return SIGN_IN
    # Whoever is signed in already is led on.
    if check is checks._halfway_in:
        return OPEN
    blueprint = rule.endpoint.split(".")[0]
    of_thing = OF_THE_THING.get(rule.endpoint) or OF_THE_THING_BY_BLUEPRINT.get(blueprint)
    if of_thing:
        return of_thing[who]
    if check in (members, checks.members_signed_in_lately, checks.members_not_too_often):
        return OPEN
    (right,) = [right for right in Right if check is those_who_may(right)]
    return OPEN if who in (OWNER, WITH[right]) else FORBIDDEN


def got(site: Site, rule: Rule, method: str, who: str) -> str:
    """What somebody gets who asks with nothing but the form's token."""
    arguments = {}
    for name in rule.arguments:
        blueprint = rule.endpoint.split(".")[0]
        special = f"{blueprint}:{name}"
        converter = "slug:" + name if f"<slug:{name}>" in rule.rule else special
        value = site.arguments.get(converter, site.arguments.get(name))
        assert value is not None, f"{rule.rule} has an argument that ARGUMENTS lacks: {name}"
        arguments[name] = value
    with site.app.test_request_context():
        built = site.app.url_map.bind("localhost").build(rule.endpoint, arguments, method=method)
    data = None
    if method != "GET":
        data = {"csrf_token": site.tokens[who], **FIELDS.get(rule.endpoint, {})}
    answer = site.browsers[who].open(built, method=method, data=data)
    assert answer.status_code < 500, f"{method} {built} for {who}: {answer.status_code}"
    if answer.status_code in (302, 303) and answer.location.startswith("/sign-in"):
        return SIGN_IN if rule.endpoint != "security.logout" else OPEN
    # Clients have a way in of their own; signing out there leads to it too.
    if answer.status_code == 303 and answer.location == "/my-bookings":
        return OPEN if "sign" in rule.endpoint else SIGN_IN
    return {403: FORBIDDEN, 404: MISSING}.get(answer.status_code, OPEN)


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every address with each method that it takes: reading, then writing, then signing out."""
    found = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    last = "security.logout"
    return sorted(found, key=lambda e: (e[0].endpoint == last, e[1] != "GET", e[0].rule))


@pytest.mark.timeout(300)
def test_everybody_gets_what_each_address_declares(site: Site) -> None:
    differences = []
    for rule, method in rules(site.app):
        for who in EVERYBODY:
            wanted, is_so = expected(site.app, rule, who), got(site, rule, method, who)
            if wanted != is_so:
                differences.append(f"{method} {rule.rule} for {who}: {is_so}, not {wanted}")
            if method != "GET":
                site.restore()
    assert not differences, "\n".join(differences)


def test_a_private_address_with_another_token_is_nobody_s(site: Site) -> None:
    differences = []
    site.arguments |= {"token": new_token(), "ref": new_token(), "joining:token": new_token()}
    site.arguments["calendar_feeds:token"] = new_token()
    for rule, method in rules(site.app):
        if check_of(site.app, rule.endpoint) is whoever_has_the_link:
            for who in EVERYBODY:
                if (answer := got(site, rule, method, who)) not in (MISSING,):
                    differences.append(f"{method} {rule.rule} for {who}: {answer}")
    assert not differences, "\n".join(differences)


def test_the_check_of_a_right_is_one_of_its_own() -> None:
    checks: list[Callable[[], None]] = [those_who_may(right) for right in Right]
    assert len(set(checks)) == len(Right)


def test_every_page_can_be_shown_on_both_databases(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()], dee_may=[]), NOW)
        token = _books(ANA)
        _books(BEN)
        _more_admins()
        site = Site(app, {}, _arguments(token), {}, Path(), Path())
    for who in (OWNER, PRACTITIONER):
        site.browsers[who] = app.test_client()
        assert try_to_sign_in(site.browsers[who], STAFF[who]).status_code in (302, 303)
        site.tokens[who] = ""
        with app.app_context():
            query = select(SignIn.id).join(Member).where(Member.email == BEN)
            site.arguments["sign_in"] = db.session.scalars(query).first() or 0
        for rule, method in rules(app):
            if method == "GET":
                wanted = expected(app, rule, who)
                assert got(site, rule, method, who) == wanted, rule.rule
