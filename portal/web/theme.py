"""How the practice looks: its accent colour as a stylesheet, and its logo."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, Flask, Response, g, request, url_for

from portal.colours import Shades, on_dark, on_light, written
from portal.queries.facts import PracticeInfo
from portal.queries.practice import load_logo, load_practice
from portal.web.access import anyone, open_to, the_practice
from portal.web.headers import ONE_YEAR

FINGERPRINT = 12  # hexadecimal digits

blueprint = Blueprint("theme", __name__)


@dataclass(frozen=True, slots=True)
class Look:
    """Addresses of the practice's own stylesheet and logo, None where it has none."""

    stylesheet: str | None = None
    logo: str | None = None


def init_app(app: Flask) -> None:
    """Give the app the two files, and templates their addresses: `look(practice)`."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["look"] = look


@blueprint.get("/theme.css")
@open_to(anyone)
def style() -> Response:
    """Answer with the practice's colours; without an accent there's nothing in it."""
    accent = the_practice().accent
    answer = Response(stylesheet(accent) if accent else "", mimetype="text/css")
    fresh = accent is not None and request.args.get("v") == _fingerprint(accent)
    return _kept(answer, for_good=fresh)


@blueprint.get("/logo")
@open_to(anyone)
def logo() -> Response:
    """Answer with the practice's logo. Raises NotFound where there's none."""
    found = load_logo()
    answer = Response(found.content, mimetype=found.media_type)
    return _kept(answer, for_good=request.args.get("v") == str(found.version))


@lru_cache(maxsize=8)
def stylesheet(accent: str) -> str:
    """Return the stylesheet that gives the pages this accent, in light and in dark."""
    light, dark = _variables(on_light(accent)), _variables(on_dark(accent))
    return (
        f":root:not([data-theme]),[data-theme=light]{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}\n"
    )


def _variables(found: Shades) -> str:
    return (
        f"--accent:{written(found.accent)};--accent-strong:{written(found.strong)};"
        f"--tint:{written(found.tint)}"
    )


def look(practice: object = None) -> Look:
    """Return the look of the practice, which a page may know already; otherwise it's loaded."""
    if "look" not in g:
        known = practice if isinstance(practice, PracticeInfo) else load_practice()
        g.look = _look(known) if known else Look()
    found: Look = g.look
    return found


def _look(practice: PracticeInfo) -> Look:
    accent, version = practice.accent, practice.logo
    return Look(
        stylesheet=url_for("theme.style", v=_fingerprint(accent)) if accent else None,
        logo=url_for("theme.logo", v=version) if version is not None else None,
    )


@lru_cache(maxsize=8)
def _fingerprint(accent: str) -> str:
    return hashlib.sha256(stylesheet(accent).encode()).hexdigest()[:FINGERPRINT]


def _kept(answer: Response, *, for_good: bool) -> Response:
    """Let browsers keep the file for good where its address changes with it."""
    age = f"max-age={ONE_YEAR}, immutable" if for_good else "no-cache"
    answer.headers["Cache-Control"] = f"public, {age}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
