"""Everything that has to do with htmx's headers, and the one way to answer with a page.

A page and its fragments come from one template and one context: a fragment is a block of the page,
and the block, the id of its root and the target of the request are the same word.
"""

from typing import Any

from flask import Response, make_response, redirect, render_template, request
from jinja2_fragments.flask import render_block

PROBLEM = "problem"
"""The block of error.html, and the place in base.html in which a failed request is explained."""

ASKED_BY = ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request")
"""What decides between page and fragment, and so what caches have to tell apart."""


def wants_fragment() -> bool:
    """Say whether htmx asks for a part of a page that it is showing.

    It asks for a whole page when it restores one from the history, or replaces the body.
    """
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-History-Restore-Request") != "true"
        and headers.get("HX-Request-Type") != "full"
    )


def render_page(
    template: str, fragment: str | None = None, status: int = 200, **context: Any
) -> Response:
    """Answer with the page, or with its block `fragment` where htmx asks for a part.

    A part is asked for where the page has none: then htmx is told to load the whole page instead,
    so that no page ever appears inside of a page.
    """
    if not wants_fragment():
        answer = make_response(render_template(template, **context), status)
    elif fragment is not None:
        answer = make_response(render_block(template, fragment, **context), status)
    else:
        answer = whole_page(request.full_path.rstrip("?"))
    answer.vary.update(ASKED_BY)
    return answer


def render_problem(template: str, status: int, **context: Any) -> Response:
    """Answer with an error: its page, or a few words beside what was being done.

    The page that asked for a part stays as it is, with its address and everything typed.
    """
    answer = render_page(template, PROBLEM, status, code=status, **context)
    if wants_fragment():
        answer.headers["HX-Retarget"] = f"#{PROBLEM}"
        answer.headers["HX-Reswap"] = "outerHTML"
        answer.headers["HX-Push-Url"] = "false"
    return answer


def whole_page(url: str) -> Response:
    """Answer so that the browser leaves for another page, also out of a fragment's request."""
    if not wants_fragment():
        return make_response(redirect(url, 303))
    answer = make_response("", 200)
    answer.headers["HX-Redirect"] = url
    return answer
