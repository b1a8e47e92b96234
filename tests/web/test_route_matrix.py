"""Every address x everybody: what may be opened, and what answers 403, 404 or the sign-in page.

The addresses come from the URL map, and what is expected from what each declares with `open_to`.
Addresses whose answer depends on whose thing it is are declared in OF_THE_THING, and an argument in
an address has its value in everybody.py: an address that neither knows fails.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from portal import clock
from portal.db import db
from portal.models import Member, Right, SignIn
from portal.tokens import new_token
from portal.web.access import anyone, check_of, whoever_has_the_link
from portal.web.accounts import checks, members, those_who_may
from portal.web.client_here import clients
from portal.web.set_up import whoever_has_the_token
from tests.clinics import BEN, NOW
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.web.everybody import (
    CLIENT,
    EVERYBODY,
    OWNER,
    PRACTITIONER,
    STAFF,
    WITH,
    Site,
    furnish,
    rules,
    site,
)
from tests.web.practice.people import try_to_sign_in

__all__ = ["site"]

OPEN, SIGN_IN, FORBIDDEN, MISSING = "open", "sign in", "403", "404"


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

# What is Ben's, or Ana's, and what the others get who are signed in. See everybody.py for them.
OF_THE_THING: dict[str, dict[str, str]] = {
    "availability.mine": only(*STAFF),
    "availability.people": only(*STAFF),
    "outbox.try_again": ANAS_MAIL,
    "clients.show": ANAS_CLIENT,
    "clients.save": ANAS_CLIENT,
    "clients.accept": ANAS_CLIENT,
    "clients.sign_out": ANAS_CLIENT,
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
    "sessions_cancelling": BENS_SESSION,
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


# What is declared.


def expected(app: Flask, rule: Rule, who: str) -> str:
    """What the declarations say that somebody gets at an address."""
    check = check_of(app, rule.endpoint)
    if check in (anyone, whoever_has_the_link, whoever_has_the_token):
        return MISSING if rule.endpoint in NOT_THERE else OPEN
    if check in (None, checks.nobody):
        return MISSING
    if rule.endpoint == "security.wan_signin_response" and who not in STAFF:
        # Nobody has begun to sign in with a passkey, so it's begun anew.
        return SIGN_IN
    if check in (
        checks.not_too_often,
        checks._passwords_not_too_often,
        checks._visitors_not_too_often,
    ):
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
    built = site.address(rule, method)
    data = None
    if method != "GET":
        data = {"csrf_token": site.tokens[who], **FIELDS.get(rule.endpoint, {})}
    answer = site.browsers[who].open(built, method=method, data=data)
    assert answer.status_code < 500, f"{method} {built} for {who}: {answer.text}"
    if answer.status_code in (302, 303) and answer.location.startswith("/sign-in"):
        return SIGN_IN if rule.endpoint != "security.logout" else OPEN
    # Clients have a way in of their own; signing out there leads to it too.
    if answer.status_code == 303 and answer.location == "/my-bookings":
        return OPEN if "sign" in rule.endpoint else SIGN_IN
    return {403: FORBIDDEN, 404: MISSING}.get(answer.status_code, OPEN)


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
        site = Site(app, {}, furnish(), {}, Path(), Path())
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
