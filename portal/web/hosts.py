"""The Host header is the visitor's word: one that isn't a host's name gets no further."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

NO_HOST = b"The Host header isn't the name of a host.\n"


def init_app(app: Flask) -> None:
    """Answer 400 before Flask tries to make addresses from such a name, which it can't."""
    inner = app.wsgi_app

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _is_host(environ.get("HTTP_HOST", "localhost")):
            return inner(environ, start_response)
        head = [("Content-Type", "text/plain"), ("Content-Length", str(len(NO_HOST)))]
        start_response("400 Bad Request", head)
        return [NO_HOST]

    app.wsgi_app = answer  # type: ignore[method-assign]


def _is_host(text: str) -> bool:
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return True
