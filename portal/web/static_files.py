"""Files for browsers: an address that changes with the content, so that it's kept for a year.

They are few and small, so each process keeps them in memory, packed as small as they get.
"""

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.utils import safe_join

from portal.web.access import anyone, declare_open
from portal.web.compression import client_takes_gzip, is_text, packed
from portal.web.headers import ONE_YEAR

FINGERPRINT = 12  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is sent; `gzip` is empty where packing wouldn't help."""

    content: bytes
    gzip: bytes
    mimetype: str
    fingerprint: str


def init_app(app: Flask) -> None:
    """Serve static/ through `serve`, and give templates `static_url`."""
    app.view_functions["static"] = serve
    declare_open(app, "static", anyone)
    app.jinja_env.globals["static_url"] = static_url


def static_url(filename: str) -> str:
    """Return the address of a file in static/, with the fingerprint of its content.

    Raises werkzeug's NotFound for a file that isn't there, so that no page links to one.
    """
    return url_for("static", filename=filename, v=_file(filename).fingerprint)


def serve(filename: str) -> Response:
    """Answer with a file, to be kept for good where the address has its fingerprint."""
    file = _file(filename)
    pack = bool(file.gzip) and client_takes_gzip()
    answer = Response(file.gzip if pack else file.content, mimetype=file.mimetype)
    answer.headers["Cache-Control"] = (
        f"public, max-age={ONE_YEAR}, immutable"
        if request.args.get("v") == file.fingerprint
        else "public, no-cache"
    )
    answer.set_etag(f"{file.fingerprint}-gzip" if pack else file.fingerprint)
    if file.gzip:
        answer.vary.add("Accept-Encoding")
    if pack:
        answer.content_encoding = "gzip"
    answer.make_conditional(request)
    return answer


def _file(filename: str) -> _File:
    path = safe_join(str(current_app.static_folder), filename)
    if path is None or not Path(path).is_file():
        raise NotFound
    return _read(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read(path: str, _modified: int) -> _File:
    """Return the file as it was when it was last changed (nanoseconds)."""
    content = Path(path).read_bytes()
    mimetype = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return _File(
        content=content,
        gzip=packed(content) if is_text(mimetype) else b"",
        mimetype=mimetype,
        fingerprint=hashlib.sha256(content).hexdigest()[:FINGERPRINT],
    )
