"""Every answer is under a strict policy; what is private is kept nowhere."""

from collections.abc import Callable

import pytest
from flask import request

from portal import create_app
from portal.web.headers import POLICY
from tests.web.visitor import HTMX, Visitor

Load = Callable[..., None]


@pytest.mark.parametrize(
    "url",
    [
        "/book/reset",
        "/book/nothing",
        "/s/nothing",
        "/healthz",
        "/readyz",
        "/static/portal.css",
        "/static/nothing.css",
        "/nothing",
    ],
)
def test_every_answer_has_the_policy(reset_clinic: Load, visitor: Visitor, url: str) -> None:
    reset_clinic()
    headers = visitor.get(url).response.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == POLICY
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_public_page_may_be_kept_by_the_browser_alone(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    assert visitor.get("/book/reset").response.headers["Cache-Control"] == "private, no-cache"
    private = visitor.get("/book/reset?invite=AAAAAAAAAAAAAAAAAAAAAA")
    assert private.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("url", ["/sign-in", "/sign-in/passkey"])
def test_the_pages_of_signing_in_are_kept_by_nobody(
    reset_clinic: Load, visitor: Visitor, url: str
) -> None:
    reset_clinic()
    assert visitor.get(url).response.headers["Cache-Control"] == "no-store"


def test_pages_and_fragments_are_told_apart_by_caches(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    for headers in ({}, HTMX):
        vary = visitor.client.get("/book/reset", headers=headers).headers["Vary"]
        for name in ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request", "Cookie"):
            assert name in vary


def test_a_secure_site_says_so_and_guards_its_cookie(database_url: str) -> None:
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "a key for tests, long enough to sign with",
            "DATABASE_URL": database_url,
            "BASE_URL": "https://book.example.com",
        }
    )
    answer = app.test_client().get("/healthz")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "includeSubDomains" in answer.headers["Strict-Transport-Security"]
    # A page with a form has a token in its session.
    page = app.test_client().get("/forgotten-password", base_url="https://book.example.com")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize(("proxies", "seen"), [("0", "127.0.0.1"), ("1", "203.0.113.9")])
def test_only_trusted_proxies_say_where_a_visitor_comes_from(
    database_url: str, proxies: str, seen: str
) -> None:
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "a key for tests, long enough to sign with",
            "DATABASE_URL": database_url,
            "TRUSTED_PROXIES": proxies,
        }
    )
    addresses: list[str | None] = []
    app.before_request_funcs.setdefault(None, []).insert(
        0, lambda: addresses.append(request.remote_addr)
    )
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert addresses == [seen]
