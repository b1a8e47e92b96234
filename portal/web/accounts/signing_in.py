"""A browser's cookie and the row of its sign-in: made at sign-in, looked up at each request.

Flask-Security alone would believe a signed cookie for as long as somebody has a copy of it. Here it
also carries a random token, and the sign-in with that token can be ended.
"""

from typing import Any

from flask import Flask, g, request, session
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import Security, user_authenticated
from werkzeug.datastructures import ImmutableMultiDict

from portal.actions.sign_ins import SEEN_EVERY, begin_sign_in, note_seen, sign_out
from portal.models import Member, SignIn
from portal.queries.sign_ins import find_sign_in
from portal.web import client_here
from portal.web.request_time import now

TOKEN = "sign_in"  # noqa: S105  (its name in the cookie)

KEPT = ("_user_id", "_fresh", "_id", "fs_cc", "fs_paa", "identity.name", "identity.auth_type")
"""What Flask-Security has just put into the session of somebody who signed in."""

HOW = {
    "security.login": "password",
    "security.two_factor_token_validation": "password and app",
    "security.mf_recovery": "password and recovery code",
    "security.wan_signin_response": "passkey",
    "set_up.make": "first run",
}
"""For the activity log, by the endpoint that finished the sign-in."""


def init_app(app: Flask, security: Security) -> None:
    """Keep rows for sign-ins, and believe no cookie without one."""
    security.login_manager.user_loader(_load)
    user_authenticated.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    app.before_request(_note_seen)
    app.before_request(_leave_out_what_leads_nowhere)


def this_sign_in() -> int:
    """The number of the sign-in of the member in this browser, in a view for members."""
    sign_in: SignIn = g.sign_in
    return sign_in.id


def forget() -> None:
    """Begin a new session, with nothing in it that somebody may have planted or kept.

    Only a client who is signed in here stays so: that's a sign-in of its own.
    """
    client = session.get(client_here.TOKEN)
    session.clear()
    if client is not None:
        session[client_here.TOKEN] = client
    # Flask-WTF remembers the token of the old session for the rest of the request.
    g.pop("csrf_token", None)


def _load(uniquifier: str) -> Member | None:
    """The member whose browser this is; a cookie of a sign-in that has ended is emptied."""
    found = find_sign_in(uniquifier, session.get(TOKEN, ""), now())
    if found is None:
        forget()
        return None
    g.sign_in = found
    # What Flask-Security's own loader sets: it asks for both before it shows its pages.
    g.fs_authn_via, g.fs_paa = "session", session.get("fs_paa", 0)
    return found.member


def _signed_in(_app: Flask, user: Member, authn_via: Any = None, **_more: Any) -> None:
    kept = {name: session[name] for name in KEPT if name in session}
    # After a change of the password it's the same person who goes on in the same browser.
    how = None if authn_via == ["change"] else HOW.get(request.endpoint or "", "invitation")
    browser = request.user_agent.string
    token = begin_sign_in(user.id, browser, request.remote_addr or "", now(), how=how)
    forget()
    session.update(kept)
    session[TOKEN] = token


def _signed_out(*_sender: Any, **_signal: Any) -> None:
    if token := session.get(TOKEN):
        sign_out(token, now())
    forget()


def _note_seen() -> None:
    # No GET changes anything. And nobody is loaded for this alone.
    if request.method in ("GET", "HEAD", "OPTIONS") or "sign_in" not in g:
        return
    sign_in: SignIn = g.sign_in
    if now() - sign_in.seen_at >= SEEN_EVERY:
        note_seen(sign_in.id, now())


def _leave_out_what_leads_nowhere() -> None:
    """Pass over a `next` with a backslash, which browsers read as a slash: no page of ours has one.

    Flask-Security reads it from the request and leads to a page that isn't there: /%5Cevil.com.
    """
    if request.blueprint == "security" and "\\" in request.values.get("next", ""):
        for part in ("args", "form"):
            sent = getattr(request, part).items(multi=True)
            kept = ImmutableMultiDict((name, value) for name, value in sent if name != "next")
            setattr(request, part, kept)
        del request.values
