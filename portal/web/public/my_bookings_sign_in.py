"""The way in to *My bookings*: a mailed link whose button signs in. Opening it changes nothing."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from portal.actions.client_sign_ins import send_sign_in_link, sign_in_client, sign_out_client
from portal.errors import Gone
from portal.queries.client_sign_ins import find_client_link
from portal.web import client_here
from portal.web.access import anyone, open_to, the_practice
from portal.web.accounts import not_too_often
from portal.web.forms.client_sign_in import SignInLinkForm
from portal.web.htmx import render_page
from portal.web.limits import TooOften, no_more_mails_to
from portal.web.request_time import now

blueprint = Blueprint("my_bookings_sign_in", __name__)


@blueprint.post("/my-bookings/links")
@open_to(not_too_often)
def send() -> Response:
    """Mail a link to whoever has the address; the answer is the same for one that nobody has."""
    form = SignInLinkForm()
    if not form.validate():
        return way_in(form, 422)
    _send(form.email.value)
    return way_in(form, sent=True)


@blueprint.get("/my-bookings/sign-in/<token:token>")
@open_to(not_too_often)
def show(token: str) -> Response:
    """The button that signs in."""
    # First: a page that says that the link has ended needs a clinic too.
    practice = the_practice()
    link = find_client_link(token, now())
    return render_page("public/sign_in_link.html", link=link, token=token, practice=practice)


@blueprint.post("/my-bookings/sign-in/<token:token>")
@open_to(not_too_often)
def sign_in(token: str) -> Response:
    """Use the link up and sign in here."""
    the_practice()
    former = client_here.signed_in_token()
    client_here.remember(sign_in_client(token, now(), replacing=former))
    return make_response(redirect(url_for("my_bookings.index"), 303))


@blueprint.post("/my-bookings/sign-out")
@open_to(anyone)
def sign_out() -> Response:
    """End the sign-in in this browser; whoever was about to book a package goes on with that."""
    if token := client_here.signed_in_token():
        sign_out_client(token, now())
    client_here.forget()
    package = request.form.get("package")
    back = url_for("packages.show", package=package) if package else url_for("my_bookings.index")
    return make_response(redirect(back, 303))


@blueprint.errorhandler(Gone)
def no_longer(error: Gone) -> Response:
    """Say that the link has ended, with the way to another one below."""
    return way_in(SignInLinkForm(), 410, ended=str(error))


def way_in(
    form: SignInLinkForm, status: int = 200, *, sent: bool = False, ended: str | None = None
) -> Response:
    """Answer with the page that asks for an address; or says that a mail is on its way to it."""
    return render_page(
        "public/my_bookings_sign_in.html",
        status=status,
        form=form,
        practice=the_practice(),
        sent=sent,
        ended=ended,
    )


def _send(email: str) -> None:
    # The answer says nothing of a limit either: nobody learns who else asked for this address.
    try:
        no_more_mails_to(email)
    except TooOften:
        return
    send_sign_in_link(email, now())
