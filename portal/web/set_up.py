"""The first run: until there is a practice, whoever has the console's token can set one up.

Opening the page changes nothing, with the right token or a wrong one.
"""

from flask import Blueprint, Flask, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import login_user

from portal.actions.accounts import LEAST_CHARACTERS
from portal.actions.set_up import set_up_already, set_up_clinic, token_wanted
from portal.errors import NotFound
from portal.mail.test_message import Conversation, send_test_message
from portal.queries.practice import is_set_up, load_mail_state, opens_set_up
from portal.web.access import open_to
from portal.web.accounts import SIGN_IN
from portal.web.errors import problem
from portal.web.forms.availability import DAY_NAMES
from portal.web.forms.picklists import currencies, zones
from portal.web.forms.set_up import SetUpForm
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter, misses, setting
from portal.web.request_time import now

LEADS_HERE = ("home.show", SIGN_IN)

blueprint = Blueprint("set_up", __name__)


class NotYet(NotFound):
    """There's no practice yet, and whoever asks hasn't got the token."""


def init_app(app: Flask) -> None:
    """Give the app the page, and lead visitors to it while there's no practice."""
    app.register_blueprint(blueprint)
    app.before_request(_lead_here)
    app.register_error_handler(NotYet, _not_yet)


def _missed(answer: Response) -> bool:
    """Say whether a token was tried in vain: only that is counted."""
    return answer.status_code == 404 and bool(request.values.get("token"))


@misses("LINK_MISSES", "set-up tokens", _missed)
def whoever_has_the_token() -> None:
    """Whoever has the token of the console, while there's no practice."""
    if is_set_up():
        raise NotFound(set_up_already())
    if not opens_set_up(request.values.get("token", "")):
        raise NotYet(token_wanted())


@blueprint.get("/set-up")
@open_to(whoever_has_the_token)
def show() -> Response:
    """Show the form."""
    return _page(SetUpForm())


@blueprint.post("/set-up")
@open_to(whoever_has_the_token)
def make() -> Response:
    """Set up the clinic, sign its owner in, and show what to do next."""
    form = SetUpForm()
    if not form.validate():
        return _page(form, status=422)
    owner = set_up_clinic(request.values["token"], form.clinic(), now())
    login_user(owner, authn_via=["password"])
    return whole_page(url_for("services.index"))


@blueprint.post("/set-up/test-mail")
@open_to(whoever_has_the_token)
@limiter.limit(setting("TEST_MAILS"))
def test_mail() -> Response:
    """Send a test through the mail server that is typed, to the owner's address."""
    form = SetUpForm(testing=True)
    if not form.validate():
        return _page(form, status=422)
    name = form.practice_name.data or _("your clinic")
    return _page(form, send_test_message(form.mail_server(), form.email.value, name))


def _lead_here() -> Response | None:
    if request.endpoint in LEADS_HERE and request.method == "GET" and not is_set_up():
        return make_response(redirect(url_for("set_up.show"), 303))
    return None


def _not_yet(error: NotYet) -> Response:
    return problem(404, str(error), title=_("This clinic isn’t set up yet"))


def _page(form: SetUpForm, conversation: Conversation | None = None, status: int = 200) -> Response:
    return render_page(
        "set_up.html",
        fragment="conversation",
        status=status,
        form=form,
        conversation=conversation,
        token=request.values["token"],
        zones=zones(),
        currencies=currencies(),
        least=LEAST_CHARACTERS,
        days=[(key, words, None) for key, words in DAY_NAMES.items()],
        mail_is_fixed=load_mail_state().fixed,
    )
