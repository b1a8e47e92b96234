"""The page of a member who leaves: settling one thing after another, with no JavaScript."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Booking, ClientPackage, Member, Package, Service, Status
from portal.transaction import transaction
from tests.actions.sessions import TEN, book_follow_up, outside_any_package
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.web.practice.people import FRAGMENT, csrf_token, soup, try_to_sign_in, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
PAGE = "/team/2/leaving"
BENS = {
    "follow_up": {"owner": BEN},
    "package": {"assigned_to": BEN, "items": [{"service": "follow-up", "sessions": 3}]},
}
pytestmark = pytest.mark.usefixtures("time")


@pytest.fixture
def booked(clinic: Clinic, app: Flask) -> Callable[..., list[int]]:
    """Load the clinic, and let clients book with Ben, one an hour from nine."""

    def load(sessions: int = 1, **changes: Any) -> list[int]:
        clinic(**changes)
        with app.app_context():
            starts = [TEN + timedelta(hours=number - 1) for number in range(sessions)]
            return [
                book_follow_up(BEN, start, email=f"client{number}@example.com").id
                for number, start in enumerate(starts)
            ]

    return load


def post(browser: FlaskClient, path: str, **data: Any) -> Any:
    return browser.post(PAGE + path, data={"csrf_token": csrf_token(browser, "/team"), **data})


def notice(answer: Any) -> str:
    return words(soup(answer).select_one("main .notice"))


def listed(answer: Any, section: str) -> list[str]:
    rows = soup(answer).select(f"[aria-labelledby={section}-title] .settling > :first-child")
    return [words(row) for row in rows]


def ben(app: Flask) -> Member:
    with app.app_context():
        return db.session.scalars(select(Member).where(Member.email == BEN)).one()


def test_it_lists_everything_that_has_to_be_settled(
    booked: Callable[..., list[int]], sign_in: SignIn
) -> None:
    booked(2, **BENS)
    page = sign_in(ANA).get(PAGE)
    assert listed(page, "sessions") == [
        "Tuesday, March 2, 09:00–10:00 Requested Follow-up · Client0 · Reset",
        "Tuesday, March 2, 10:00–11:00 Requested Follow-up · Client1 · Reset",
    ]
    assert listed(page, "services") == ["Follow-up"]
    assert listed(page, "packages") == ["Reset"]
    assert listed(page, "client-packages") == ["All 2 of Reset", "Client0", "Client1"]
    assert "First hand over the services and packages above." in page.text
    assert "deactivation" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/sessions/1/transfer",
        "/sessions/1/cancellation",
        "/services/2",
        "/packages/1",
        "/client-packages",
        "/deactivation",
    ],
)
def test_it_is_for_those_who_manage_the_team(clinic: Clinic, sign_in: SignIn, path: str) -> None:
    clinic()
    browser = sign_in(CHO)
    assert browser.get(PAGE).status_code == 403
    if path:
        assert post(browser, path).status_code == 403


def test_a_session_opens_in_the_page_and_alone(
    booked: Callable[..., list[int]], sign_in: SignIn
) -> None:
    [id_] = booked(restrict_to=[BEN], allow="members")
    browser = sign_in(ANA)
    path = soup(browser.get(PAGE)).select_one(".settling a")["href"]
    page, alone = (browser.get(path, headers=each) for each in ({}, FRAGMENT))
    assert f"session={id_}" in path
    for answer in (page, alone):
        panel = soup(answer).select_one("#session")
        groups = {each["label"]: words(each) for each in panel.select("optgroup")}
        assert groups == {
            "Whom the client could book": "Ana Ruiz",
            "Others, with your confirmation": (
                "Cho Park – outside the settings of the package or service"
            ),
        }
    assert "<html" not in alone.text
    assert not soup(browser.get(PAGE)).select("#session *")


def test_a_session_is_moved(booked: Callable[..., list[int]], app: Flask, sign_in: SignIn) -> None:
    [id_] = booked()
    browser = sign_in(ANA)
    answer = post(browser, f"/sessions/{id_}/transfer", to="3")
    assert answer.status_code == 303
    assert "The session is moved" in notice(browser.get(answer.location))
    with app.app_context():
        assert db.session.get_one(Booking, id_).member.email == CHO


def test_moving_it_outside_the_settings_takes_a_tick(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    [id_] = booked(restrict_to=[BEN], allow="members")
    browser = sign_in(ANA)
    refused = post(browser, f"/sessions/{id_}/transfer", to="3")
    assert refused.status_code == 409
    panel = soup(refused).select_one("#session")
    assert "Cho Park is outside the settings" in words(panel.select_one("#to-error"))
    assert panel.select_one("option[selected]")["value"] == "3"
    assert post(browser, f"/sessions/{id_}/transfer", to="3", outside="y").status_code == 303
    with app.app_context():
        assert db.session.get_one(Booking, id_).member.email == CHO


@pytest.mark.parametrize("to", ["", "x", "99", "4", "2"])
def test_a_made_up_colleague_is_refused(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn, to: str
) -> None:
    [id_] = booked()
    answer = post(sign_in(ANA), f"/sessions/{id_}/transfer", to=to)
    assert answer.status_code in (409, 422)
    with app.app_context():
        assert db.session.get_one(Booking, id_).member.email == BEN


def test_a_session_is_cancelled_with_a_reason(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    [id_] = booked()
    browser = sign_in(ANA)
    without = post(browser, f"/sessions/{id_}/cancellation", reason=" ")
    assert without.status_code == 422
    assert "Please say why" in words(soup(without).select_one("#reason-error"))
    answer = post(browser, f"/sessions/{id_}/cancellation", reason="Ben\r\nleaves")
    assert "The session is cancelled" in notice(browser.get(answer.location))
    with app.app_context():
        booking = db.session.get_one(Booking, id_)
        assert (booking.status, booking.cancel_reason) == (Status.CANCELLED, "Ben\nleaves")
    again = post(browser, f"/sessions/{id_}/cancellation", reason="Ben leaves")
    assert again.status_code == 409
    assert "cancelled already" in notice(again)


def test_who_lacks_the_right_reads_no_names_not_even_those_of_clients_of_theirs(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    booked(2, dee_may=["team"], **BENS)
    with app.app_context():
        # Cho manages the team too, and has a session with one of the clients.
        with transaction() as session:
            front_desk = select(Member.role_id).where(Member.email == DEE).scalar_subquery()
            session.execute(update(Member).where(Member.email == CHO).values(role_id=front_desk))
        book_follow_up(CHO, TEN + timedelta(days=1), email="client0@example.com")
    browser = sign_in(CHO)
    for path in (PAGE, f"{PAGE}?session=1"):
        assert "Client0" not in browser.get(path).text
    own = browser.get("/team/3/leaving")
    assert "Client0" in listed(own, "sessions")[0]


def test_who_may_not_see_the_client_sees_the_time_and_leaves_it(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    [id_] = booked(dee_may=["team"], **BENS)
    browser = sign_in(DEE)
    page = browser.get(PAGE)
    assert listed(page, "sessions")[0].endswith("Follow-up · a client whom you can’t see")
    assert listed(page, "client-packages") == ["A client whom you can’t see"]
    assert "Client0" not in page.text
    assert not soup(page).select(".settling a")
    assert not soup(browser.get(f"{PAGE}?session={id_}")).select("#session *")
    for path in (f"/sessions/{id_}/transfer", f"/sessions/{id_}/cancellation"):
        assert post(browser, path, to="3", reason="Mine").status_code == 404
    with app.app_context():
        assert db.session.get_one(Booking, id_).status is Status.REQUESTED


def test_a_service_and_a_package_are_handed_over(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    booked(**BENS, sharing="private")
    browser = sign_in(ANA)
    choices = soup(browser.get(PAGE)).select("[aria-labelledby=packages-title] option")
    assert words(choices[1]) == "Ana Ruiz – Follow-up: not shared with them"
    assert choices[1].has_attr("disabled")
    refused = post(browser, "/packages/1", to="3")
    assert refused.status_code == 409
    assert "Cho Park can’t take this over" in notice(refused)
    assert notice(browser.get(post(browser, "/services/2", to="3").location)) == "Handed over."
    assert notice(browser.get(post(browser, "/packages/1", to="3").location)) == "Handed over."
    with app.app_context():
        assert db.session.get_one(Service, 2).owner.email == CHO
        assert db.session.get_one(Package, 1).assigned_to.email == CHO
    assert post(browser, "/services/2", to="1").status_code == 404
    assert post(browser, "/packages/99", to="1").status_code == 404
    assert post(browser, "/services/2", to="").status_code == 422
    assert post(browser, "/packages/1", to="").status_code == 422


def test_all_clients_packages_of_one_go_at_once(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    booked(3, **BENS)
    browser = sign_in(ANA)
    form = soup(browser.get(PAGE)).select_one("[aria-labelledby=client-packages-title] form")
    ids = [each["value"] for each in form.select("input[name=client_package]")]
    assert len(ids) == 3
    one = post(browser, "/client-packages", client_package=ids[0], to="3")
    rest = post(browser, "/client-packages", client_package=ids[1:], to="1")
    assert (one.status_code, rest.status_code) == (303, 303)
    with app.app_context():
        owners = db.session.scalars(select(ClientPackage).order_by(ClientPackage.id)).all()
        assert sorted(own.assigned_to.email for own in owners) == [ANA, ANA, CHO]
    assert post(browser, "/client-packages", client_package=ids[0], to="3").status_code == 404
    assert post(browser, "/client-packages", client_package=ids[0], to="").status_code == 422


def test_who_leaves_is_signed_out_and_can_not_sign_in(
    booked: Callable[..., list[int]], app: Flask, sign_in: SignIn
) -> None:
    first, second = booked(2)
    browser, bens = sign_in(ANA), sign_in(BEN)
    assert bens.get("/team").status_code == 200
    refused = post(browser, "/deactivation", keep=[str(first)])
    assert refused.status_code == 409
    assert "Still to settle: 1 session." in notice(refused)
    boxes = soup(refused).select("input[name=keep]")
    assert [(each["value"], each.has_attr("checked")) for each in boxes] == [
        (str(first), True),
        (str(second), False),
    ]
    answer = post(browser, "/deactivation", keep=[str(first), str(second)])
    assert answer.status_code == 303
    assert "Ben Okafor is deactivated" in notice(browser.get(answer.location))
    assert ben(app).deactivated_at == NOW
    assert bens.get("/team").status_code == 303
    assert try_to_sign_in(app.test_client(), BEN).status_code == 422
    assert "Deactivated" in browser.get("/team").text


def test_a_made_up_list_of_kept_sessions(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    assert post(sign_in(ANA), "/deactivation", keep="x").status_code == 422
    assert ben(app).active


def test_the_owner_is_told_to_hand_the_practice_over_first(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    page = browser.get("/team/1/leaving")
    assert "Hand the practice over to somebody else first." in notice(page)
    assert "deactivation" not in page.text
    token = csrf_token(browser, "/team")
    answer = browser.post("/team/1/leaving/deactivation", data={"csrf_token": token})
    assert answer.status_code == 409


def test_many_sessions_page_and_all_of_them_can_be_kept(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        for number in range(12):
            outside_any_package(BEN, TEN + timedelta(days=number))
    browser = sign_in(ANA)
    assert len(listed(browser.get(PAGE), "sessions")) == 10
    second = browser.get(f"{PAGE}?page=2")
    assert len(listed(second, "sessions")) == 2
    assert len(soup(second).select("input[name=keep]")) == 12


def test_what_is_archived_says_so(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic(**BENS)
    with app.app_context(), transaction() as session:
        session.execute(update(Service).values(archived_at=NOW))
        session.execute(update(Package).values(archived_at=NOW))
    page = sign_in(ANA).get(PAGE)
    assert listed(page, "services") == ["Follow-up Archived"]
    assert listed(page, "packages") == ["Reset Archived"]
