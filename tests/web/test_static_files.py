"""Files: kept for a year under an address of their content, packed, and few enough."""

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from flask import Flask
from flask.testing import FlaskClient

from portal.web.static_files import static_url
from tests.web.visitor import Page

Load = Callable[..., None]
PACKED = {"Accept-Encoding": "gzip"}


def test_an_address_with_the_fingerprint_is_kept_for_a_year(
    app: Flask, client: FlaskClient
) -> None:
    with app.test_request_context():
        url = static_url("portal.css")
    assert "immutable" in client.get(url).headers["Cache-Control"]
    for other in ("/static/portal.css", "/static/portal.css?v=old"):
        assert client.get(other).headers["Cache-Control"] == "public, no-cache"


def test_a_changed_file_has_another_address(fresh_app: Flask, tmp_path: Path) -> None:
    app = fresh_app
    app.static_folder = str(tmp_path)
    with app.test_request_context():
        (tmp_path / "a.css").write_text("a {}")
        before = static_url("a.css")
        (tmp_path / "a.css").write_text("b { color: red }")
        assert static_url("a.css") != before


def test_files_go_out_packed_where_the_browser_unpacks(client: FlaskClient) -> None:
    plain, packed = (
        client.get("/static/portal.css"),
        client.get("/static/portal.css", headers=PACKED),
    )
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in packed.headers["Vary"]
    again = client.get(
        "/static/portal.css", headers={**PACKED, "If-None-Match": packed.headers["ETag"]}
    )
    assert again.status_code == 304


def test_nothing_outside_of_the_folder_is_served(client: FlaskClient) -> None:
    for url in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"):
        assert client.get(url).status_code in (404, 308)


def test_pages_go_out_packed_with_a_length_that_says_little(
    reset_clinic: Load, client: FlaskClient
) -> None:
    reset_clinic()
    answers = [client.get("/book/reset", headers=PACKED) for _ in range(8)]
    assert all(b'id="openings"' in gzip.decompress(answer.data) for answer in answers)
    assert len({len(answer.data) for answer in answers}) > 1
    assert "Content-Encoding" not in client.get("/book/reset").headers


def test_a_first_visit_takes_few_bytes_and_requests(
    reset_clinic: Load, client: FlaskClient
) -> None:
    reset_clinic()
    first = client.get("/book/reset?service=follow-up", headers=PACKED)
    sizes = {first.request.path: size(first)}
    soup = Page(client.get("/book/reset?service=follow-up")).soup
    for element in soup.select("link[href], script[src], img[src]"):
        url = urljoin("/", str(element.get("href") or element.get("src")))
        sizes[url] = size(client.get(url, headers=PACKED))
    assert len(sizes) <= 6, sizes
    assert sum(sizes.values()) <= 60_000, sizes


def size(answer: object) -> int:
    """The bytes of an answer, headers too."""
    return len(answer.data) + len(str(answer.headers))  # type: ignore[attr-defined]
