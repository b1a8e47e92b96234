"""The editor of a service, as staff use it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.models import Booking, Member, Service, WeeklyHours
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE
from tests.web.practice.people import csrf_token, soup, words
from tests.web.visitor import Visitor, fields

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def id_of(app: Flask, slug: str) -> int:
    with app.app_context(), transaction() as session:
        return session.scalars(select(Service.id).where(Service.slug == slug)).one()


def stored(app: Flask, slug: str) -> Service:
    with app.app_context(), transaction() as session:
        service = session.scalars(select(Service).where(Service.slug == slug)).one()
        session.expunge(service)
        return service


def typed(page: BeautifulSoup, **changes: Any) -> dict[str, Any]:
    """What the editor sends as it stands, with some fields changed; None: not sent."""
    form = page.select_one("#service-editor")
    assert form
    delivery = [str(box["value"]) for box in form.select("[name=delivery][checked]")]
    values = {**fields(form), "delivery": delivery, **changes}
    return {name: value for name, value in values.items() if value is not None}


def test_a_service_is_made_with_nothing_but_a_name(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    ana = sign_in(ANA)
    form = typed(soup(ana.get("/services/new")), name="Check-in")
    answer = ana.post("/services", data=form)
    assert answer.status_code == 303
    made = stored(app, "check-in")
    assert (made.minutes, made.delivery, made.price, made.place) == (60, ["in_person"], None, None)
    page = soup(ana.get(answer.location))
    assert "The service is there. It’s private" in words(page.main)
    sharing = page.select_one("main .notice a")
    assert words(sharing) == "Manage sharing"
    assert ana.get(sharing["href"]).status_code == 200
    assert page.select_one("h1[class], .editor-head h1").get_text() == "Check-in"  # type: ignore[union-attr]


def test_everything_that_is_typed_comes_back(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    ana, address = sign_in(ANA), f"/services/{id_of(app, 'intake')}"
    changes = {
        "name": "First talk",
        "description": "We get to know each other.",
        "minutes": "50",
        "buffer_before": "5",
        "buffer_after": "10",
        "delivery": ["phone", "in_person"],
        "place": "Room 2\nfirst floor",
        "video_link": "https://meet.example.com/2",
        "price": "90.00",
        "confirm": "instant",
        "terms": "Be on time.",
        "slug": "first-talk",
    }
    answer = ana.post(address, data=typed(soup(ana.get(address)), **changes))
    assert answer.location == f"{address}?saved=1"
    again = typed(soup(ana.get(answer.location)))
    assert again["delivery"] == ["in_person", "phone"]
    assert {name: again[name] for name in changes if name != "delivery"} == {
        name: value for name, value in changes.items() if name != "delivery"
    }


def test_a_service_may_have_reminders_of_its_own_or_none(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    ana, address = sign_in(ANA), f"/services/{id_of(app, 'intake')}"
    assert "They have: 1 day before." in words(soup(ana.get(address)).main)
    for ticked, kept in ((["60", "4320"], [4320, 60]), ([], [])):
        form = typed(soup(ana.get(address)), usual_reminders=None, reminders=ticked)
        assert ana.post(address, data=form).status_code == 303
        assert stored(app, "intake").reminders == kept
        boxes = soup(ana.get(address)).select("[name=reminders][checked]")
        assert [int(str(box["value"])) for box in boxes] == kept
    form = typed(soup(ana.get(address)), usual_reminders="y")
    assert ana.post(address, data=form).status_code == 303
    assert stored(app, "intake").reminders is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        pytest.param("name", " ", "Please fill this in.", id="no-name"),
        pytest.param("minutes", "0", "from 1 to 1440", id="no-time"),
        pytest.param("minutes", "an hour", "from 1 to 1440", id="no-number"),
        pytest.param("buffer_after", "1441", "from 0 to 1440", id="a-long-buffer"),
        pytest.param("delivery", [], "Please choose at least one.", id="no-method"),
        pytest.param("delivery", ["pigeon"], "Please choose from these.", id="a-made-up-method"),
        pytest.param("video_link", "meet", "https://", id="no-address"),
        pytest.param("price", "-5", "amount such as", id="a-negative-price"),
        pytest.param("reminders", ["60", "180", "1440", "2880"], "at most 3", id="four-reminders"),
        pytest.param("confirm", "never", "Please choose one of these.", id="a-made-up-way"),
        pytest.param("slug", "a b", "letters a to z", id="no-slug"),
        pytest.param("slug", "follow-up", "Another service has this address", id="taken"),
        pytest.param("owner", "4", "Please choose one of these.", id="an-admin-as-owner"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    clinic: Clinic, app: Flask, sign_in: SignIn, field: str, value: Any, sentence: str
) -> None:
    clinic()
    ana, address = sign_in(ANA), f"/services/{id_of(app, 'intake')}"
    form = typed(soup(ana.get(address)), description="Typed for long.", **{field: value})
    answer = ana.post(address, data=form)
    assert answer.status_code == 422
    page = soup(answer)
    error = page.find(id=f"{field}-error")
    assert error
    assert sentence in words(error)
    assert typed(page)["description"] == "Typed for long."
    assert stored(app, "intake").description == ""


def test_the_second_of_two_is_told_and_loses_nothing(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["offers"])
    address = f"/services/{id_of(app, 'intake')}"
    ana, dee = sign_in(ANA), sign_in(DEE)
    anas, dees = (typed(soup(browser.get(address))) for browser in (ana, dee))
    assert ana.post(address, data={**anas, "name": "Ana’s name"}).status_code == 303
    answer = dee.post(address, data={**dees, "name": "Dee’s name"})
    page = soup(answer)
    assert answer.status_code == 409
    assert "Somebody else saved changes" in words(page.select_one(".notice.warning"))
    assert words(page.select_one(".stored")) == "Name Ana’s name"
    assert stored(app, "intake").name == "Ana’s name"
    assert dee.post(address, data=typed(page)).status_code == 303
    assert stored(app, "intake").name == "Dee’s name"


def test_a_recipient_reads_why_they_may_not_edit(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(sharing="all")
    ben, address = sign_in(BEN), f"/services/{id_of(app, 'follow-up')}"
    answer = ben.get(address)
    assert answer.status_code == 403
    assert "Follow-up is shared with you, so you can offer it but not edit it." in words(
        soup(answer)
    )
    token = {"csrf_token": csrf_token(ben, "/practice/services")}
    for path in ("", "/archive", "/restoration"):
        assert ben.post(address + path, data=token).status_code == 403


def test_a_service_that_one_does_not_see_is_not_there(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    address = f"/services/{id_of(app, 'intake')}"
    ben = sign_in(BEN)
    token = {"csrf_token": csrf_token(ben, "/practice/services")}
    assert ben.get(address).status_code == 404
    for path in ("", "/archive", "/restoration"):
        assert ben.post(address + path, data=token).status_code == 404


@pytest.mark.parametrize("path", ["/services/new", "/services"])
def test_making_a_service_needs_the_right(clinic: Clinic, sign_in: SignIn, path: str) -> None:
    clinic()
    cho = sign_in(CHO)
    token = {"csrf_token": csrf_token(cho, "/practice/services")}
    answer = cho.get(path) if path.endswith("new") else cho.post(path, data=token)
    assert answer.status_code == 403
    assert cho.post("/services/1/copies", data=token).status_code == 403


def test_a_plain_owner_edits_but_has_no_field_for_the_owner(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(follow_up={"owner": BEN}, sharing="all")
    ben, address = sign_in(BEN), f"/services/{id_of(app, 'follow-up')}"
    page = soup(ben.get(address))
    assert page.find(attrs={"name": "owner"}) is None
    assert "Manage sharing" not in words(page.main)
    cho = stored_member(app, CHO)
    ben.post(address, data=typed(page, name="Mine", owner=str(cho)))
    saved = stored(app, "follow-up")
    assert (saved.name, saved.owner_id) == ("Mine", stored_member(app, BEN))


def stored_member(app: Flask, email: str) -> int:
    with app.app_context(), transaction() as session:
        return session.scalars(select(Member.id).where(Member.email == email)).one()


def test_duplicating_leads_to_the_copy(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    ana = sign_in(ANA)
    visitor = Visitor(ana)
    page = visitor.press(visitor.get(f"/services/{id_of(app, 'intake')}"), "Duplicate")
    assert page.all(".editor-head h1") == ["Copy of Intake"]
    assert "This is the copy." in page.text


def test_archiving_what_a_package_contains_is_refused_in_the_list(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    visitor = Visitor(sign_in(ANA))
    page = visitor.press(visitor.get(f"/services/{id_of(app, 'intake')}"), "Archive")
    assert page.status == 409
    assert "can’t be archived while a package on offer contains it: Reset." in page.text
    assert stored(app, "intake").archived_at is None


def test_archiving_and_restoring(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic(packages=[])
    visitor, address = Visitor(sign_in(ANA)), f"/services/{id_of(app, 'intake')}"
    page = visitor.press(visitor.get(address), "Archive")
    assert "Clients who have sessions left go on booking them." in page.text
    assert "Intake" not in page.all(".tiles h3")
    page = visitor.press(visitor.get(address), "Restore")
    assert "Intake" in page.all(".tiles h3")


def test_new_minutes_leave_a_session_that_is_booked_as_it_is(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    visitor = Visitor(app.test_client())
    start = visitor.get("/book/reset?service=intake")
    visitor.book(start, start.openings()[0])
    ana, address = sign_in(ANA), f"/services/{id_of(app, 'intake')}"
    page = soup(ana.get(address))
    assert "Sessions that are booked already keep the times" in words(page.main)
    ana.post(address, data=typed(page, minutes="30", buffer_after="15"))
    with app.app_context(), transaction() as session:
        booking = session.scalars(select(Booking)).one()
        assert booking.ends_at - booking.starts_at == timedelta(minutes=60)
        assert booking.busy_end == booking.ends_at


@pytest.mark.parametrize(
    ("methods", "other_service", "told"),
    [
        pytest.param(["video"], False, True, id="kept-for-it"),
        pytest.param(["video", "in_person"], False, False, id="another-method-is-left"),
        pytest.param(None, False, False, id="any-method"),
        pytest.param(["video"], True, False, id="another-service"),
    ],
)
def test_hours_that_are_kept_for_a_method_that_goes_are_named(
    clinic: Clinic,
    app: Flask,
    sign_in: SignIn,
    methods: list[str] | None,
    other_service: bool,
    told: bool,
) -> None:
    clinic(follow_up={"delivery": ["in_person", "video"]}, sharing="members", shared_with=[BEN])
    with app.app_context(), transaction() as session:
        intake = session.scalars(select(Service).where(Service.slug == "intake")).one()
        for hours in session.scalars(select(WeeklyHours)):
            hours.delivery = methods
            hours.only_services, hours.services = other_service, [intake] * other_service
    ana, address = sign_in(ANA), f"/services/{id_of(app, 'follow-up')}"
    form = typed(soup(ana.get(address)), delivery=["in_person"])
    text = words(soup(ana.post(address, data=form, follow_redirects=True)).main)
    assert "Saved." in text
    assert ("Please look at the availability of Ana Ruiz, Ben Okafor." in text) == told


def test_description_and_terms_reach_the_client(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(package={"terms": "No refunds."})
    ana, address = sign_in(ANA), f"/services/{id_of(app, 'intake')}"
    changes = {"description": "We get to know each other.", "terms": "Be on time."}
    ana.post(address, data=typed(soup(ana.get(address)), **changes))
    visitor = Visitor(app.test_client())
    start = visitor.get("/book/reset?service=intake")
    assert "We get to know each other." in start.text
    form = visitor.press(start, start.openings()[0])
    assert form.all(".terms") == ["No refunds. Be on time."]
    refused = visitor.press(form, "Request booking", name="Lee Park", email="lee@example.com")
    assert refused.status == 422
    booked = visitor.press(
        form, "Request booking", name="Lee Park", email="lee@example.com", terms="y"
    )
    assert "Your request is in" in booked.text


def test_a_client_with_a_package_accepts_the_services_terms_alone(
    clinic: Clinic, app: Flask
) -> None:
    clinic(package={"terms": "No refunds."})
    with app.app_context(), transaction() as session:
        follow_up = session.scalars(select(Service).where(Service.slug == "follow-up")).one()
        follow_up.terms = "Bring your diary."
    visitor = Visitor(app.test_client())
    start = visitor.get("/book/reset?service=intake")
    booked = visitor.book(start, start.openings()[0], terms="y")
    link = booked.soup.find("a", string=lambda text: "Book the next session" in (text or ""))
    assert link
    start = visitor.get(str(link["href"]) + "?service=follow-up")  # type: ignore[index]
    form = visitor.press(start, start.openings()[0])
    assert form.all(".terms") == ["Bring your diary."]
    assert visitor.press(form, "Request booking").status == 422
    assert "Your request is in" in visitor.press(form, "Request booking", terms="y").text
