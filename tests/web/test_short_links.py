"""Short links: they lead to a package's page, and guessing them is limited."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal import create_app
from portal.db import db
from portal.models import Package, ShortLink
from portal.transaction import transaction
from tests.clinics import NOW
from tests.web.visitor import Visitor

Load = Callable[..., None]


@pytest.fixture
def short_link(reset_clinic: Load, app: Flask) -> Callable[..., str]:
    """Load the clinic, and make a short link of the package Reset; returns its address."""

    def make(*, replaced: bool = False, archived: bool = False) -> str:
        reset_clinic(package={"archived": archived})
        with app.app_context(), transaction() as session:
            package = session.scalars(select(Package)).one()
            link = ShortLink(code="abc234", package=package, created_at=NOW, opened_count=0)
            link.retired_at = NOW if replaced else None
            session.add(link)
        return "/s/abc234"

    return make


def test_scenario_29_the_short_link_opens_the_package(
    short_link: Callable[..., str], visitor: Visitor
) -> None:
    page = visitor.get(short_link())
    assert page.status == 200
    assert page.url == "/book/reset"


def test_scenario_31_an_archived_packages_short_link_says_so(
    short_link: Callable[..., str], visitor: Visitor
) -> None:
    page = visitor.get(short_link(archived=True))
    assert page.status == 410
    assert "no longer offered" in page.text


def test_a_replaced_short_link_is_gone(short_link: Callable[..., str], visitor: Visitor) -> None:
    page = visitor.get(short_link(replaced=True))
    assert page.status == 410
    assert "was replaced" in page.text


def test_each_visit_of_a_short_link_is_counted_and_a_link_checkers_look_is_not(
    short_link: Callable[..., str], client: FlaskClient, app: Flask
) -> None:
    address = short_link()
    assert client.head(address).status_code == 303
    assert [client.get(address).status_code for _ in range(2)] == [303, 303]
    with app.app_context(), transaction() as session:
        assert session.scalars(select(ShortLink.opened_count)).one() == 2


@pytest.mark.parametrize("code", ["zzzzzz", "a-b", "%00", "%ff", "a" * 500, "ábc"])
def test_an_unknown_code_is_404(
    short_link: Callable[..., str], visitor: Visitor, code: str
) -> None:
    short_link()
    assert visitor.get(f"/s/{code}").status == 404


def test_misses_are_limited_and_hits_are_not_counted(
    short_link: Callable[..., str], app: Flask, database_url: str
) -> None:
    url = short_link()
    strict = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": app.config["SECRET_KEY"],
            "DATABASE_URL": database_url,
            "SHORT_LINK_MISSES": "3 per hour",
        }
    )
    visitor = Visitor(strict.test_client())
    for _ in range(5):
        assert visitor.get(url).status == 200
    assert [visitor.get(f"/s/miss{number}").status for number in range(4)] == [404, 404, 404, 429]
    page = visitor.get("/s/miss9")
    assert "too many tries" in page.text
    assert int(page.response.headers["Retry-After"]) > 0
    elsewhere = strict.test_client()
    answer = elsewhere.get("/s/miss9", environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code == 404
    with strict.app_context():
        db.engine.dispose()
