"""What visitors see when something can't be done: one table from error to status and page."""

from http import HTTPStatus

from flask import Flask, Response, current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from werkzeug.exceptions import HTTPException

from portal.errors import Forbidden, Gone, NotFound, PortalError, Refused, WrongClinicFile
from portal.web.accounts.texts import too_many_for_account
from portal.web.htmx import render_problem
from portal.web.limits import TooOften, seconds_until_reset
from portal.web.request_time import now
from portal.web.watching import request_id

RETRY_AFTER = 5  # seconds: a database that restarts is back by then

STATUS: dict[type[PortalError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Gone: 410,
    Refused: 409,
    WrongClinicFile: 422,
}
"""The status of each error by name; an error of a kind that's missing here is the site's fault."""

TITLES = {
    400: lazy_gettext("That didn’t arrive as it should"),
    403: lazy_gettext("You can’t do this"),
    404: lazy_gettext("There is nothing here"),
    405: lazy_gettext("This address works differently"),
    409: lazy_gettext("That isn’t possible any more"),
    410: lazy_gettext("Not available any more"),
    413: lazy_gettext("That’s too much at once"),
    415: lazy_gettext("That didn’t arrive as it should"),
    422: lazy_gettext("Something needs another look"),
    429: lazy_gettext("One moment, please"),
    500: lazy_gettext("Something went wrong on our side"),
    503: lazy_gettext("We’ll be right back"),
}

SENTENCES = {
    400: lazy_gettext("Please go back, reload the page and try again."),
    403: lazy_gettext("Your account isn’t allowed to do this. The owner of the clinic can."),
    404: lazy_gettext("The address may be mistyped, or what was here has been removed."),
    405: lazy_gettext("Please go back to the page you came from and use its buttons."),
    409: lazy_gettext("Please go back and look at what is possible now."),
    410: lazy_gettext("What was here isn’t offered any more."),
    413: lazy_gettext("What was sent is larger than this site accepts."),
    415: lazy_gettext("Please go back, reload the page and try again."),
    422: lazy_gettext("Please go back and check what you entered."),
    429: lazy_gettext("There were too many tries from your connection. Please wait a little."),
    500: lazy_gettext("We’ve written it down and will look into it. Please try again later."),
    503: lazy_gettext("The site can’t reach its database just now. Please try again in a moment."),
}


def init_app(app: Flask) -> None:
    """Answer every error with a page, or a few words, in the site's own look."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _forged)
    for too_many in (RateLimitExceeded, TooOften):
        app.register_error_handler(too_many, _too_many)
    for error in (OperationalError, InterfaceError, NoFreeConnection):
        app.register_error_handler(error, _database_away)


def problem(
    status: int, sentence: str | None = None, *, title: str | None = None, by_mail: bool = False
) -> Response:
    """Answer with the error page of the status; sentence and title may replace its usual ones.

    `by_mail`: a new password by mail is the way on, so the page leads there.
    """
    usual = TITLES.get(status) or TITLES[500 if status >= 500 else 400]
    text = sentence or SENTENCES.get(status) or SENTENCES[500 if status >= 500 else 400]
    # What is the site's fault can be looked up by whoever runs it.
    reference = request_id() if status >= 500 else None
    facts = {"title": title or usual, "sentence": text, "reference": reference, "by_mail": by_mail}
    return render_problem("error.html", status, **facts)


def _portal_error(error: PortalError) -> Response:
    for kind in type(error).__mro__:
        if kind in STATUS:
            if kind is Forbidden:
                current_app.logger.warning("Not allowed: %s", request.endpoint)
            return problem(STATUS[kind], str(error))
    current_app.logger.error("An error without a status", exc_info=error)
    return problem(500)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return current_app.make_response(error.response)
    status = error.code or 500
    if status < 400:
        return current_app.make_response(error.get_response())
    answer = problem(status)
    # What the exception knows besides its text: Allow for a 405, Retry-After for a 503.
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _forged(error: CSRFError) -> Response:
    return problem(
        HTTPStatus.BAD_REQUEST,
        _(
            "This form can’t be accepted as it is: the page may be too old, or your browser "
            "keeps no cookies for this site. Please go back, reload the page and try again."
        ),
    )


def _too_many(error: RateLimitExceeded | TooOften) -> Response:
    current_app.logger.warning("Too often: %s", request.endpoint)
    # What isn't counted by connection says itself what it counts.
    says = error.limit.error_message if isinstance(error, RateLimitExceeded) else None
    by_mail = says is too_many_for_account
    answer = problem(
        HTTPStatus.TOO_MANY_REQUESTS, error.description if says else None, by_mail=by_mail
    )
    answer.headers["Retry-After"] = str(seconds_until_reset(error, now()))
    return answer


def _database_away(error: Exception) -> Response:
    current_app.logger.error("The database doesn't answer: %s", error)
    answer = problem(HTTPStatus.SERVICE_UNAVAILABLE)
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer
