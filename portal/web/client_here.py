"""The client who is signed in to *My bookings* in this browser, if any.

A random token in the session's cookie names the row of their sign-in. It stands beside what a
member of the team has there: somebody may be both, and neither signs the other out.
"""

from flask import g, session, url_for
from werkzeug.exceptions import HTTPException

from portal.models import Client
from portal.queries.client_sign_ins import find_signed_in_client
from portal.web.htmx import whole_page
from portal.web.request_time import now

TOKEN = "client_sign_in"  # noqa: S105  (its name in the cookie)
MEMBER = "_user_id"
"""What Flask-Login keeps of a member in the same cookie."""


def current_client() -> Client | None:
    """Return the client who is signed in here; None where nobody is, or it has ended."""
    if "client" not in g:
        token = session.get(TOKEN)
        g.client = find_signed_in_client(token, now()) if isinstance(token, str) else None
    found: Client | None = g.client
    return found


def this_client() -> Client:
    """Return the client who is signed in; others are led to where they can sign in."""
    client = current_client()
    if client is None:
        raise HTTPException(response=whole_page(url_for("my_bookings.index")))
    return client


def clients() -> None:
    """Whoever is signed in as a client. Others are led to where they can, out of a fragment too."""
    this_client()


def signed_in_token() -> str | None:
    """Return the token of the sign-in in this browser, ended or not."""
    token = session.get(TOKEN)
    return token if isinstance(token, str) else None


def remember(token: str) -> None:
    """Begin the sign-in in this browser, with nothing beside it that somebody may have planted.

    The browser keeps it for as long as it lasts. Beside a member's it's over when the browser is
    closed, as the member's is.
    """
    beside_a_member = MEMBER in session
    if not beside_a_member:
        session.clear()
    _without_form_token()
    session[TOKEN] = token
    session.permanent = not beside_a_member
    g.pop("client", None)


def forget() -> None:
    """Forget the sign-in in this browser."""
    session.pop(TOKEN, None)
    session.permanent = False
    g.pop("client", None)


def _without_form_token() -> None:
    """Let the next form have a new token; Flask-WTF remembers the old one for this request."""
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
