"""The outbox: which mails wait, were sent, failed or aren't needed any more, and why."""

from flask import Blueprint, Response, request, url_for

from portal.actions.forgetting_mail import TEXT_KEPT
from portal.actions.outbox import send_again, send_failed_again
from portal.mail import smtp
from portal.queries.outbox import State, Trouble, load_outbox, load_trouble
from portal.web.access import open_to
from portal.web.accounts import current_member, may_open, members
from portal.web.forms import one_line
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.practice.message_words import kind_in_words
from portal.web.request_time import now

blueprint = Blueprint("outbox", __name__)


@blueprint.get("/outbox")
@open_to(members)
def index() -> Response:
    """List the messages in one state, newest first; at first those that somebody has to mend."""
    states = [state.value for state in State]
    asked = request.args.get("state", "")
    state = State(asked) if asked in states else None
    page = request.args.get("page", 1, type=int)
    return render_page(
        "practice/outbox.html",
        fragment="messages",
        outbox=load_outbox(current_member(), state, page, one_line(request.args.get("words"))),
        kind_in_words=kind_in_words,
        mail_is_set_up=smtp.is_configured(),
        may_set_up_mail=may_open("mail_settings.show"),
        text_kept_days=TEXT_KEPT.days,
        again=request.args.get("again", type=int),
    )


@blueprint.post(f"/outbox/<{ID}:message>/attempts")
@open_to(members)
def try_again(message: int) -> Response:
    """Make a message due at once, and show it among those that wait."""
    send_again(message, current_member(), now())
    return whole_page(url_for("outbox.index", state=State.WAITING))


@blueprint.post("/outbox/attempts")
@open_to(members)
def try_all_again() -> Response:
    """Make all messages due at once that failed, and show them among those that wait."""
    number = send_failed_again(current_member(), now())
    return whole_page(url_for("outbox.index", state=State.WAITING, again=number))


def mail_trouble() -> Trouble | None:
    """Return what keeps mail from going, for whoever can do something about it."""
    return load_trouble(now()) if may_open("mail_settings.show") else None
