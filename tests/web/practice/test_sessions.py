"""The page of one session: what it says, what can be done, and that nothing typed is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Booking, Ending, Practice, Status
from portal.transaction import transaction
from tests.actions.sessions import (
    NINE,
    TEN,
    assign_packages_to,
    book_follow_up,
    left_of,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, lee
from tests.web.conftest import Clock
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
pytestmark = pytest.mark.usefixtures("time")

HOUR = timedelta(hours=1)
MOVE = "/sessions/1/move"


@pytest.fixture
def booked(clinic: Clinic, app: Flask) -> Callable[..., None]:
    """Load the clinic, and let Lee request a Follow-up with somebody at ten on Tuesday."""

    def load(who: str = BEN, **changes: Any) -> None:
        clinic(**changes)
        with app.app_context():
            book_follow_up(who, TEN)

    return load


def post(browser: FlaskClient, path: str, **data: Any) -> Any:
    return browser.post(path, data={"csrf_token": csrf_token(browser, "/calendar"), **data})


def notice(answer: Any) -> str:
    return words(soup(answer).select_one("main .notice"))


def what_to_do(answer: Any) -> list[str]:
    """The buttons, links and forms in their order."""
    return [words(each) for each in soup(answer).select(".presses button, .presses a, summary")]


def first(app: Flask) -> Booking:
    with app.app_context():
        return db.session.scalars(select(Booking).order_by(Booking.id)).all()[0]


def test_it_says_who_when_where_and_how_far_the_package_is(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked(clients=[lee(phone="+1 212 555 0100")], practice={"place": "12 River Street"})
    page = soup(sign_in(ANA).get("/sessions/1"))
    facts = words(page.select_one(".facts-list"))
    for expected in (
        "Tomorrow, Tue, Mar 2 at 10:00–11:00",
        "Eastern Time",
        "Ben Okafor",
        "12 River Street",
        "lee@example.com",
        "+1 212 555 0100",
        "Reset Follow-up 1 of 3 used",
        "1 of 4 used in all",
    ):
        assert expected in facts
    assert page.select_one(".facts-list a[href='/clients/1']")
    assert page.select_one(".facts-list a[href='/clients/1/packages']")
    assert words(page.select_one(".state")) == "Requested"
    assert "requested a session" in words(page.select_one(".history"))


@pytest.mark.parametrize(
    ("values", "hours", "expected"),
    [
        pytest.param(
            {},
            0,
            [
                "Move to another time",
                "Hand it to a colleague",
                "Link it to a package",
                "Cancel the session",
            ],
            id="to come",
        ),
        pytest.param(
            {"confirmed_at": None},
            0,
            [
                "Accept the request",
                "Move to another time",
                "Decline the request",
                "Hand it to a colleague",
                "Link it to a package",
                "Cancel the session",
            ],
            id="requested",
        ),
        pytest.param(
            {},
            26.5,
            [
                "It took place",
                "No-show",
                "Move to another time",
                "Hand it to a colleague",
                "Link it to a package",
                "Cancel the session",
            ],
            id="going on",
        ),
        pytest.param({}, 30, ["It took place", "No-show", "Link it to a package"], id="over"),
        pytest.param(
            {"completed_at": TEN}, 30, ["No-show", "Link it to a package"], id="completed"
        ),
        pytest.param(
            {"no_show_at": TEN}, 30, ["It took place", "Link it to a package"], id="no-show"
        ),
        pytest.param({"confirmed_at": None}, 30, ["Link it to a package"], id="lapsed"),
        pytest.param({"cancelled_at": NINE, "ending": Ending.BY_CLINIC}, 0, [], id="cancelled"),
    ],
)
def test_what_can_be_done_is_what_makes_sense_now(
    clinic: Clinic,
    app: Flask,
    sign_in: SignIn,
    time: Clock,
    values: dict[str, Any],
    hours: float,
    expected: list[str],
) -> None:
    clinic()
    with app.app_context():
        outside_any_package(BEN, TEN, **values)
    time.pass_(timedelta(hours=hours))
    assert what_to_do(sign_in(BEN).get("/sessions/1")) == expected


def test_scenario_34_another_s_session_can_be_read_by_whoever_sees_the_client_and_not_changed(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked(CHO)
    ben = sign_in(BEN)
    assert ben.get("/sessions/1").status_code == 404
    assert ben.get(MOVE).status_code == 404
    with app.app_context():
        assign_packages_to(BEN)
    page = ben.get("/sessions/1")
    assert page.status_code == 200
    assert "isn’t yours to change" in page.text
    assert not what_to_do(page)
    token = csrf_token(ben, "/calendar")
    paths = ("acceptance", "decline", "transfer", "cancellation", "completion", "no-show")
    for path in (*paths, "returned-credit", "package", "package/removal", "move"):
        answer = ben.post(f"/sessions/1/{path}", data={"csrf_token": token, "reason": "So."})
        assert answer.status_code == 403, path
    assert ben.get(MOVE).status_code == 403
    assert first(app).status is Status.REQUESTED
    assert post(sign_in(ANA), "/sessions/1/cancellation", reason="So.").status_code == 303


def test_whoever_has_the_session_can_reach_the_client_without_the_client_being_theirs(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    page = soup(sign_in(BEN).get("/sessions/1"))
    assert "lee@example.com" in words(page.select_one(".facts-list"))
    assert not page.select(".facts-list a[href^='/clients/']")


def test_one_act_after_another_from_request_to_returned_credit(
    booked: Callable[..., None], app: Flask, sign_in: SignIn, time: Clock
) -> None:
    booked()
    ben = sign_in(BEN)
    answer = post(ben, "/sessions/1/acceptance")
    assert answer.status_code == 303
    assert "accepted" in notice(ben.get(answer.location))
    time.at = TEN + HOUR
    assert post(ben, "/sessions/1/no-show").status_code == 303
    page = soup(ben.get("/sessions/1"))
    assert "keeps a credit" in words(page.select_one(".facts-list"))
    assert post(ben, "/sessions/1/returned-credit").status_code == 303
    assert "went back" in ben.get("/sessions/1").text
    answer = post(ben, "/sessions/1/returned-credit")
    assert (answer.status_code, notice(answer)) == (409, "This session has no credit to return.")
    assert post(ben, "/sessions/1/completion").status_code == 303
    assert first(app).status is Status.COMPLETED
    history = words(soup(ben.get("/sessions/1")).select_one(".history"))
    assert "Ben Okafor returned the credit of a session" in history


def test_cancelling_without_a_reason_says_so_beside_the_field(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ben = sign_in(BEN)
    answer = post(ben, "/sessions/1/cancellation", reason=" ")
    assert answer.status_code in (409, 422)
    assert "say why" in words(soup(answer).select_one("main"))
    assert soup(answer).select_one("details[open] #reason")
    long = post(ben, "/sessions/1/cancellation", reason="x" * 1001)
    assert long.status_code == 422
    assert words(soup(long).select_one("details[open] #reason")) == "x" * 1001
    assert post(ben, "/sessions/1/cancellation", reason="I am ill.").status_code == 303
    page = soup(ben.get("/sessions/1"))
    assert words(page.select_one(".state")) == "Cancelled by the clinic"
    assert words(page.select_one(".since")).endswith("by Ben Okafor – I am ill.")


def test_a_colleague_outside_the_settings_is_warned_of_and_has_to_be_confirmed(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked(ANA, allow="members", restrict_to=[BEN])
    ana = sign_in(ANA)
    options = [words(each) for each in soup(ana.get("/sessions/1")).select("#to option")]
    assert options[1:] == [
        "Ben Okafor",
        "Cho Park – outside the settings of the package or service",
    ]
    answer = post(ana, "/sessions/1/transfer", to="3")
    assert answer.status_code == 409
    assert "outside the settings" in notice(answer)
    assert words(soup(answer).select_one("#to option[selected]")).startswith("Cho Park")
    assert post(ana, "/sessions/1/transfer", to="x").status_code == 422
    answer = post(ana, "/sessions/1/transfer", to="3", outside="y")
    assert answer.status_code == 303
    assert first(app).member_id == 3


def test_whoever_gives_away_a_session_that_they_no_longer_see_reads_so_in_the_calendar(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked(BEN)
    ben = sign_in(BEN)
    answer = post(ben, "/sessions/1/transfer", to="3", outside="y")
    assert (answer.status_code, first(app).member_id) == (303, 3)
    assert answer.location == "/calendar?done=transfer"
    assert "with a colleague now" in notice(ben.get(answer.location))
    assert ben.get("/sessions/1").status_code == 404


def test_linking_and_unlinking_show_used_and_total_before_and_after(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    with app.app_context():
        other = outside_any_package(BEN, TEN + HOUR)
    ben = sign_in(BEN)
    label = soup(ben.get(f"/sessions/{other}")).select_one("label:has([name=client_package])")
    assert "1 of 4 used now, 2 of 4 afterwards" in words(label)
    assert post(ben, f"/sessions/{other}/package").status_code == 422
    assert post(ben, f"/sessions/{other}/package", client_package="1").status_code == 303
    page = ben.get(f"/sessions/{other}")
    assert "2 of 4 used now, 1 of 4 afterwards." in page.text
    again = post(ben, f"/sessions/{other}/package", client_package="1")
    assert (again.status_code, "already" in notice(again)) == (409, True)
    assert post(ben, f"/sessions/{other}/package/removal").status_code == 303
    with app.app_context():
        assert left_of(db.session.get_one(Booking, 1)) == 2


def test_it_is_moved_to_an_opening_that_is_chosen_first_and_then_confirmed(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ben = sign_in(BEN)
    page = soup(ben.get(MOVE))
    buttons = [words(each) for each in page.select("#day-2027-03-02 .slots button")]
    # It isn't in its own way, but where it is already nothing would change.
    assert "10:30 Ben Okafor" in buttons
    assert "10:00 Ben Okafor" not in buttons
    assert words(page.select_one("#practitioner option[selected]")) == "Ben Okafor"
    opening = f"2@{int(NINE.timestamp())}"
    page = soup(ben.get(f"{MOVE}?opening={opening}&delivery=in_person"))
    assert words(page.select_one("#chosen-time h2")) == "Move it to this time?"
    fields = {"day": "2027-03-02", "time": "09:00"}
    assert {name: page.select_one(f"#{name}")["value"] for name in fields} == fields
    chosen = {**fields, "practitioner": "2", "delivery": "in_person"}
    assert post(ben, MOVE, **chosen).headers["Location"] == "/sessions/1?done=move"
    moved = first(app)
    assert (moved.starts_at, moved.status) == (NINE, Status.REQUESTED)


def test_what_stands_in_the_way_is_named_and_ticked_and_everything_typed_is_kept(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ben = sign_in(BEN)
    evening = {"day": "2027-03-03", "time": "18:30", "practitioner": "2", "delivery": "in_person"}
    answer = post(ben, MOVE, **evening)
    assert answer.status_code == 409
    page = soup(answer)
    (tick,) = page.select("[name=confirmed]")
    assert (tick["value"], tick.has_attr("checked")) == ("hours", False)
    assert "outside Ben Okafor’s availability" in words(tick.find_parent("label"))
    assert page.select_one("#time")["value"] == "18:30"
    about = page.select_one("[name=about]")["value"]
    # Ticks are for what was shown: another time is asked about anew.
    later = {**evening, "time": "19:30", "confirmed": "hours", "about": about}
    assert post(ben, MOVE, **later).status_code == 409
    assert post(ben, MOVE, **evening, confirmed="hours", about=about).status_code == 303
    assert first(app).starts_at == TEN + timedelta(days=1, hours=8.5)


def test_a_time_that_makes_no_sense_is_said_beside_its_field(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    wrong = {"day": "soon", "time": "25:00", "practitioner": "2", "delivery": "in_person"}
    answer = post(sign_in(BEN), MOVE, **wrong)
    assert answer.status_code == 422
    assert [words(each)[:19] for each in soup(answer).select(".error")] == [
        "Please enter a date",
        "Please enter a time",
    ]
    assert soup(answer).select_one("#day")["value"] == "soon"


def test_a_week_of_openings_is_a_fragment_of_its_page(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    part = soup(sign_in(BEN).get(f"{MOVE}?week=2027-03-08", headers=FRAGMENT))
    assert part.find().get("id") == "openings"
    assert part.select_one("#day-2027-03-08 .slots button")


def test_the_late_credit_of_a_client_who_cancelled_can_be_returned(
    booked: Callable[..., None], app: Flask, sign_in: SignIn, time: Clock
) -> None:
    from portal.actions.client_cancelling import cancel_by_client

    booked()
    with app.app_context():
        with transaction() as session:
            session.execute(update(Practice).values(late_cancel_returns_credit=False))
        cancel_by_client(1, "I am ill.", TEN - HOUR)
    time.at = TEN
    ben = sign_in(BEN)
    assert what_to_do(ben.get("/sessions/1")) == ["Return the credit"]
    assert "Cancelled by the client" in ben.get("/sessions/1").text
    assert post(ben, "/sessions/1/returned-credit").status_code == 303
    with app.app_context():
        assert left_of(db.session.get_one(Booking, 1)) == 3


def test_moving_it_to_where_it_is_says_that_nothing_changed(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    ben = sign_in(BEN)
    same = {"day": "2027-03-02", "time": "10:00", "practitioner": "2", "delivery": "in_person"}
    answer = post(ben, MOVE, **same)
    assert notice(ben.get(answer.location)) == (
        "The session is there already, so nothing was changed."
    )


def test_only_a_session_of_a_package_keeps_a_credit(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    with app.app_context():
        other = outside_any_package(BEN, TEN + HOUR)
    ben = sign_in(BEN)
    assert "It keeps its credit" in ben.get(MOVE).text
    alone = ben.get(f"/sessions/{other}/move").text
    assert "credit" not in words(BeautifulSoup(alone, "html.parser").select_one(".lead"))


def test_a_time_that_the_clock_skips_is_an_error_of_its_field(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ana = sign_in(ANA)
    skipped = {"day": "2027-03-14", "time": "02:30", "practitioner": "2", "delivery": "in_person"}
    for address in (MOVE, "/clients/1/sessions/new/1"):
        answer = post(ana, address, **skipped, service="follow-up")
        assert answer.status_code == 422
        assert "clocks go forward" in words(soup(answer).select_one("#time-error"))
        assert soup(answer).select_one("#time")["value"] == "02:30"
    # An hour that comes twice is there.
    twice = skipped | {"day": "2027-11-07", "time": "01:30"}
    assert post(ana, MOVE, **twice).status_code == 409
    assert first(app).starts_at == TEN
