"""Calendar feeds: somebody's sessions, for a calendar program that has their private address."""

from http import HTTPStatus

from flask import Blueprint, Response, current_app, make_response, request

from portal.queries.calendar_feeds import find_feed, load_feed
from portal.web.access import open_to, whoever_has_the_link
from portal.web.headers import may_be_kept
from portal.web.limits import limiter
from portal.web.request_time import now

blueprint = Blueprint("calendar_feeds", __name__)


def _misses() -> str:
    rate: str = current_app.config["FEED_MISSES"]
    return rate


def _missed(answer: Response) -> bool:
    """Say whether there was no such feed: only such tries are counted, they may be guesses."""
    return answer.status_code == 404


@blueprint.get("/calendar/<token:token>.ics")
@open_to(whoever_has_the_link)
@limiter.limit(_misses, deduct_when=_missed)
def show(token: str) -> Response:
    """The feed, or 304 where the program has it already: they look every hour, for years."""
    content = load_feed(find_feed(token), now())
    answer = may_be_kept(make_response())
    answer.content_type = "text/calendar; charset=utf-8"
    # Weak, because the same feed may go out packed.
    answer.set_etag(content.version, weak=True)
    answer.make_conditional(request)
    if answer.status_code == HTTPStatus.OK:
        answer.set_data(content.text())
    return answer
