"""Calendar feeds: somebody's sessions, for a calendar program that has their private address."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, request

from portal.queries.calendar_feeds import find_feed, load_feed
from portal.web.access import open_to, whoever_has_the_link
from portal.web.headers import may_be_kept
from portal.web.request_time import now

blueprint = Blueprint("calendar_feeds", __name__)


@blueprint.get("/calendar/<token:token>.ics")
@open_to(whoever_has_the_link)
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
