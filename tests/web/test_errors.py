"""What goes wrong is said in the site's own look, whole or in place, with its status."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import ServiceUnavailable

from portal import errors
from portal.web.access import anyone, open_to
from tests.web.visitor import HTMX, Page, Visitor

Load = Callable[..., None]


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """One that a test may add an address to."""
    return fresh_app


def raising(app: Flask, error: Exception) -> str:
    """Add an address that answers with this error; returns it."""

    @open_to(anyone)
    def view() -> str:
        raise error

    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/trial", view_func=view, methods=["GET", "POST"])
    return "/trial"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound("Here is nothing."), 404),
        (errors.Forbidden("You may not."), 403),
        (errors.Gone("It was here."), 410),
        (errors.Refused("The rules say no."), 409),
        (errors.Taken("It is taken."), 409),
        (errors.NotBookable("Nobody can."), 409),
        (errors.WrongClinicFile(["team[2].role: no such role"]), 422),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_of_the_portal_has_its_status_and_shows_its_sentence(
    app: Flask, visitor: Visitor, error: Exception, status: int
) -> None:
    answer = visitor.get(raising(app, error))
    assert answer.status == status
    assert str(error) in answer.text
    assert answer.soup.select("html h1")


def test_an_error_without_a_status_is_the_sites_fault(app: Flask, visitor: Visitor) -> None:
    answer = visitor.get(raising(app, errors.WrongSetting("SECRET=hush")))
    assert answer.status == 500
    assert "hush" not in answer.text


def test_a_bug_is_a_page_without_details(app: Flask, visitor: Visitor) -> None:
    answer = visitor.get(raising(app, ZeroDivisionError("hush")))
    assert answer.status == 500
    assert answer.all("h1") == ["Something went wrong on our side"]
    assert "hush" not in answer.text


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_503_with_a_time_to_come_back(
    app: Flask, visitor: Visitor, kind: type[OperationalError]
) -> None:
    answer = visitor.get(raising(app, kind("SELECT hush", {}, Exception("no connection"))))
    assert answer.status == 503
    assert answer.response.headers["Retry-After"] == "5"
    assert "hush" not in answer.text


def test_what_an_exception_says_in_headers_is_kept(app: Flask, visitor: Visitor) -> None:
    url = raising(app, ServiceUnavailable(retry_after=7))
    assert visitor.get(url).response.headers["Retry-After"] == "7"


def test_a_wrong_method_says_which_are_right(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    answer = visitor.client.delete("/book/reset")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert Page(answer).all("h1") == ["This address works differently"]


def test_a_form_without_its_token_is_400(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    answer = Page(visitor.client.post("/book/reset/holds", data={"opening": "1@1"}))
    assert answer.status == 400
    assert "keeps no cookies" in answer.text


def test_too_much_at_once_is_413(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    answer = Page(visitor.client.post("/book/reset/holds", data={"note": "x" * 2_000_000}))
    assert answer.status == 413


def test_a_part_of_a_page_gets_a_few_words_in_their_place(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(package={"archived": True})
    whole, part = visitor.get("/book/reset"), visitor.fragment("/book/reset")
    assert part.status == whole.status == 410
    assert not part.soup.select("html, h1")
    assert part.all("#problem") == whole.all("#problem") != []
    headers = part.response.headers
    assert headers["HX-Retarget"] == "#problem"
    assert headers["HX-Push-Url"] == "false"
    assert "HX-Retarget" not in whole.response.headers


def test_every_page_has_the_place_in_which_an_error_is_explained(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    assert visitor.get("/book/reset").one("#problem")["role"] == "alert"


def test_a_history_restore_gets_the_whole_page(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    for more in ({"HX-History-Restore-Request": "true"}, {"HX-Request-Type": "full"}):
        answer = Page(visitor.client.get("/book/reset", headers={**HTMX, **more}))
        assert answer.soup.select("html h1")


def test_a_page_without_parts_is_loaded_whole_where_a_part_was_asked_for(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    start = visitor.get("/book/reset?service=follow-up")
    booking = visitor.book(start, start.openings()[0])
    answer = visitor.client.get(booking.url, headers=HTMX)
    assert answer.headers["HX-Redirect"] == booking.url
    assert answer.get_data() == b""
