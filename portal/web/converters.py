"""The parts of addresses, so that what can't be one of ours is a 404 before any view sees it."""

from flask import Flask
from werkzeug.routing import BaseConverter

from portal.tokens import PATTERN


class Slug(BaseConverter):
    """The readable name of a package or service; no control characters, no slashes."""

    regex = r"[\w.~-]{1,80}"


class Token(BaseConverter):
    """A private token, as portal.tokens makes them."""

    regex = PATTERN


class Ref(BaseConverter):
    """Which booking: its private token, or `my-` and the number of one of the client's own."""

    regex = rf"{Token.regex}|my-[0-9]{{1,9}}"


def init_app(app: Flask) -> None:
    """Make `<slug:…>`, `<token:…>` and `<ref:…>` known to routes."""
    app.url_map.converters |= {"slug": Slug, "token": Token, "ref": Ref}
