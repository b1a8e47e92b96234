"""Settings: the mail server, and a test that shows what was said to it."""

from flask import Blueprint, Response, request, url_for

from portal.actions.practice import change_mail_settings, remove_mail_settings
from portal.mail.test_message import Conversation, send_test_message
from portal.models import Right
from portal.queries.practice import MailState, load_mail_state, load_settings
from portal.web.access import open_to
from portal.web.accounts import current_member, this_member, those_who_may
from portal.web.forms.mail import MailForm
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter, setting
from portal.web.request_time import now

blueprint = Blueprint("mail_settings", __name__)


@blueprint.get("/practice/settings/mail")
@open_to(those_who_may(Right.SETTINGS))
def show() -> Response:
    """Show the mail server."""
    state = load_mail_state()
    return _page(state, MailForm(state.server))


@blueprint.post("/practice/settings/mail")
@open_to(those_who_may(Right.SETTINGS))
def save() -> Response:
    """Store the mail server, and show it again."""
    state = load_mail_state()
    form = MailForm(state.server)
    if not form.validate():
        return _page(state, form, status=422)
    change_mail_settings(form.mail_server(), current_member(), now())
    return whole_page(url_for("mail_settings.show", saved=1))


@blueprint.post("/practice/settings/mail/removal")
@open_to(those_who_may(Right.SETTINGS))
def remove() -> Response:
    """Forget the mail server; messages wait in the outbox."""
    remove_mail_settings(current_member(), now())
    return whole_page(url_for("mail_settings.show", saved=1))


@blueprint.post("/practice/settings/mail/test")
@open_to(those_who_may(Right.SETTINGS))
@limiter.limit(setting("TEST_MAILS"), key_func=this_member)
def test() -> Response:
    """Send a test through the server as it's typed, saved or not, to whoever is signed in."""
    state, recipient, name = load_mail_state(), current_member().email, load_settings().name
    form = MailForm(state.server)
    if state.fixed and state.server:
        return _page(state, form, send_test_message(state.server, recipient, name))
    if not form.validate():
        return _page(state, form, status=422)
    return _page(state, form, send_test_message(form.mail_server(), recipient, name))


def _page(
    state: MailState,
    form: MailForm,
    conversation: Conversation | None = None,
    status: int = 200,
) -> Response:
    return render_page(
        "practice/mail_settings.html",
        fragment="conversation",
        status=status,
        state=state,
        form=form,
        conversation=conversation,
        recipient=current_member().email,
        saved="saved" in request.args and status == 200,
    )
