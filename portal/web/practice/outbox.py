"""The outbox: which mails wait, were sent, or failed and why."""

from flask import Blueprint, Response, request, url_for

from portal.actions.outbox import send_again
from portal.mail import smtp
from portal.queries.outbox import State, load_outbox
from portal.web.access import open_to
from portal.web.accounts import current_member, may_open, members
from portal.web.forms import one_line
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("outbox", __name__)


@blueprint.get("/outbox")
@open_to(members)
def index() -> Response:
    """List the messages in one state, newest first."""
    states = [state.value for state in State]
    asked = request.args.get("state", "")
    state = State(asked) if asked in states else State.WAITING
    page = request.args.get("page", 1, type=int)
    return render_page(
        "practice/outbox.html",
        fragment="messages",
        outbox=load_outbox(current_member(), state, page, one_line(request.args.get("words"))),
        mail_is_set_up=smtp.is_configured(),
        may_set_up_mail=may_open("mail_settings.show"),
    )


@blueprint.post(f"/outbox/<{ID}:message>/attempts")
@open_to(members)
def try_again(message: int) -> Response:
    """Make a message due at once, and show it among those that wait."""
    send_again(message, current_member(), now())
    return whole_page(url_for("outbox.index", state=State.WAITING))
