"""The pages of clients: list, details, accepting, deactivating, merging, and the export."""

import csv
import io
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import Client
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee
from tests.web.clients import sign_in as sign_in_client
from tests.web.practice.people import FRAGMENT, csrf_token, soup
from tests.web.visitor import Page, Visitor, fields

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
OWN = {
    "client": LEE,
    "package": "reset",
    "started": "2027-03-01",
    "expires": None,
    "assigned_to": CHO,
    "items": None,
    "team_booking": None,
}


def client_id(app: Flask, email: str = LEE) -> int:
    with app.app_context():
        return db.session.scalars(select(Client.id).where(Client.email == email)).one()


def test_a_new_clinic_is_told_what_to_do(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[])
    page = Visitor(sign_in(ANA)).get("/clients")
    assert "There are no clients yet" in page.text
    assert page.all(".begin a") == ["Add your first client", "Import from a file"]
    assert "Clients" in page.all("nav.practice a[aria-current]")
    # Whoever may not import isn't led there.
    assert Visitor(sign_in(BEN)).get("/clients").all(".begin a") == ["Add your first client"]


def test_a_client_is_added_changed_and_found(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[])
    ben = Visitor(sign_in(BEN))
    wrong = save(ben, ben.get("/clients/new"), name="Kim", email="kim", notes="Tea.")
    assert wrong.status == 422
    assert wrong.one("#notes").text == "Tea."
    assert "isn’t an email address" in wrong.one("#email-error").text
    added = save(ben, wrong, email="kim@example.com", phone="+1 212 555 0199")
    assert added.url == "/clients/1?done=added"
    assert added.one("h1").text == "Kim"
    assert added.one(".notice a")["href"] == "/clients/1/sessions/new"
    assert added.all("#timezone option")[:3] == ["Not known", "America/New York", "Africa/Abidjan"]
    saved = save(ben, added, name="Kim S.", timezone="Europe/Lisbon", language="en-GB")
    assert "Saved." in saved.text
    assert saved.one("#timezone option[selected]").text == "Europe/Lisbon"
    assert saved.one("#language option[selected]")["value"] == "en-GB"
    found = ben.get("/clients?words=0199")
    assert found.all(".client-row strong") == ["Kim S."]
    assert "Nobody is found." in ben.get("/clients?words=zzz").text


def test_notes_are_shown_to_those_who_may_read_them(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(notes="Likes tea.")])
    ana, ben = Visitor(sign_in(ANA)), Visitor(sign_in(BEN))
    assert ana.get("/clients/1").one("#notes").text == "Likes tea."
    late = ben.get("/clients/1")
    save(ben, ben.get("/clients/1"), phone="+1 212 555 0199")
    for shown in (late, save(ben, late, name="Lee P.")):
        assert not shown.all("#notes")
        assert "Likes tea." not in shown.text
    assert shown.status == 409
    assert ana.get("/clients/1").one("#notes").text == "Likes tea."


def save(visitor: Visitor, on: Page, **typed: str) -> Page:
    """Send the form of a client's details as the page has it; its button stands outside of it."""
    form = on.one("#client-editor")
    values = fields(form) | typed
    return Page(visitor.client.post(str(form["action"]), data=values, follow_redirects=True))


def test_the_list_leads_to_packages_sessions_and_booking(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(), lee(email="kim@example.com", name="Kim", active=False)])
    ana = Visitor(sign_in(ANA))
    assert ana.get("/clients?words=lee").all(".row-links a") == [
        "Packages Lee Park",
        "Sessions Lee Park",
        "Book session Lee Park",
    ]
    gone = ana.get("/clients?show=deactivated").soup.select(".row-links a")
    assert [link["href"] for link in gone] == ["/clients/2/packages", "/clients/2/sessions"]


def test_a_known_address_leads_to_the_client_who_has_it(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ana = Visitor(sign_in(ANA))
    page = save(ana, ana.get("/clients/new"), name="Leigh", email="LEE@example.com")
    assert page.status == 422
    assert "There is a client with this address already." in page.text
    assert page.one("#name")["value"] == "Leigh"
    assert page.all('main a[href="/clients/1"]') == ["Show the client with this address"]


def test_two_who_edit_at_once_lose_nothing(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ana, ben = Visitor(sign_in(ANA)), Visitor(sign_in(BEN))
    first, second = ana.get("/clients/1"), ben.get("/clients/1")
    save(ana, first, name="Lee P.")
    late = save(ben, second, phone="+1 212 555 0199")
    assert late.status == 409
    assert "Somebody else saved changes" in late.text
    assert "stored now: Lee P." in late.text
    assert late.one("#phone")["value"] == "+1 212 555 0199"
    again = save(ben, late)
    assert again.url == "/clients/1?done=saved"
    assert (again.one("#name")["value"], again.one("#phone")["value"]) == (
        "Lee Park",
        "+1 212 555 0199",
    )


def test_a_prospective_client_is_accepted_in_the_list(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(prospective=True), lee(name="Kim", email="kim@example.com")])
    ben = Visitor(sign_in(BEN))
    page = ben.get("/clients?show=prospective")
    assert page.all("#client_list nav a[aria-current]") == ["Prospective 1"]
    assert page.all(".client-row strong") == ["Lee Park"]
    assert "Prospective" in ben.get("/clients/1").text
    done = ben.press(page, "Accept Lee Park")
    assert "Accepted." in done.text
    assert "Nobody waits to be accepted." in done.text
    assert "Prospective" not in ben.get("/clients/1").text


def test_the_list_is_the_same_in_its_page_and_alone(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(name=f"Kim {n}", email=f"kim{n}@x.org") for n in range(30)])
    browser = sign_in(ANA)
    url = "/clients?words=kim&show=everybody&page=2"
    alone = soup(browser.get(url, headers=FRAGMENT))
    whole = soup(browser.get(url)).find(id="client_list")
    assert [row.text for row in alone.select(".client-row")] == [
        row.text for row in whole.select(".client-row")
    ]
    assert len(alone.select(".client-row")) == 5
    assert alone.find(id="client_list")
    assert not alone.find("h1")


def test_a_client_who_has_somebody_s_package_is_not_a_colleague_s(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(client_packages=[OWN])
    for email, status in ((ANA, 200), (CHO, 200), (DEE, 200), (BEN, 404)):
        browser = sign_in(email)
        assert browser.get(f"/clients/{client_id(app)}").status_code == status
        assert ("Lee Park" in browser.get("/clients").text) == (status == 200)
    data = {"csrf_token": csrf_token(sign_in(BEN), "/clients/new"), "name": "Mine"}
    assert sign_in(BEN).post("/clients/1", data=data).status_code in (400, 404)


def test_deactivating_asks_about_each_session_to_come(clinic: Clinic, sign_in: SignIn) -> None:
    booking = {
        "client": LEE,
        "practitioner": BEN,
        "service": "follow-up",
        "delivery": "in_person",
        "start": "2030-03-15T10:00:00-04:00",
        "status": "confirmed",
        "package": None,
    }
    clinic(bookings=[booking])
    ana = Visitor(sign_in(ANA))
    page = ana.get("/clients/1/deactivation")
    assert "Follow-up · Ben Okafor" in page.text
    asked = ana.press(page, "Deactivate")
    assert asked.status == 409
    assert "settle each session to come first" in asked.text
    done = ana.press(asked, "Deactivate", keep=str(asked.one("[name=keep]")["value"]))
    assert "Lee Park can’t book any more" in done.text
    assert "Reactivate" in done.text
    assert ana.get("/clients?show=deactivated").all(".client-row strong") == ["Lee Park"]
    again = ana.press(done, "Reactivate")
    assert "Lee Park can book again." in again.text


def test_two_rows_of_one_person_are_compared_and_merged(clinic: Clinic, sign_in: SignIn) -> None:
    twin = lee(name="LEE PARK", email="park@example.org", phone="+1 212 555 0199")
    clinic(clients=[lee(), twin])
    ana = Visitor(sign_in(ANA))
    pairs = ana.get("/clients/duplicates")
    assert "Same name" in pairs.text
    assert "Compare with LEE PARK" in ana.get("/clients/1").text
    compare = ana.get("/clients/1/duplicates/2")
    assert "They have two addresses" in compare.text
    assert ana.press(compare, "Merge into the one who is kept").status == 422
    done = ana.press(compare, "Merge into the one who is kept", keep="1")
    assert done.url == "/clients/1?done=merged"
    assert done.one("#phone")["value"] == "+1 212 555 0199"
    assert ana.get("/clients/2").status == 404
    assert "Nobody seems to be known twice." in ana.get("/clients/duplicates").text
    assert ana.press(compare, "Merge into the one who is kept", keep="1").status == 404


def test_anybody_else_to_merge_with_is_searched(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(), lee(name="Robin Wu", email="r@x.org")])
    ana = Visitor(sign_in(ANA))
    assert ana.get("/clients/1/duplicates?words=wu").all("#others a") == ["Robin Wu"]
    alone = ana.fragment("/clients/1/duplicates?words=park")
    assert "Nobody is found." in alone.text
    assert alone.one("#others")


def test_an_export_computes_nothing(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic(clients=[lee(phone="+1 212 555 0114", notes="Tea;\n=cmd")])
    with app.app_context(), transaction() as session:
        names = ("=1+1", "-2", "@SUM(1)", "\t=1", " =1", '"=1', "\uff1d1", "Zoë")
        for at, name in enumerate(names):
            session.add(Client(name=name, email=f"x{at}@x.org", created_at=NOW))
    browser = sign_in(ANA)
    token = csrf_token(browser, "/clients")
    answer = browser.post("/clients/export", data={"csrf_token": token})
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=clients-")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert {row["name"] for row in rows} == {
        *("'=1+1", "'-2", "'@SUM(1)", "'\t=1", "' =1", '"=1', "'\uff1d1", "Zoë", "Lee Park"),
    }
    [lees] = [row for row in rows if row["name"] == "Lee Park"]
    assert (lees["phone"], lees["notes"]) == ("'+1 212 555 0114", "Tea;\n=cmd")
    assert lees["state"] == "active"


def test_importing_exporting_and_merging_need_the_right(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben = sign_in(BEN)
    for url in ("/clients/imports", "/clients/duplicates", "/clients/1/deactivation"):
        assert ben.get(url).status_code == 403
    token = csrf_token(ben, "/clients/new")
    assert ben.post("/clients/export", data={"csrf_token": token}).status_code == 403
    assert "Import" not in ben.get("/clients").text


def test_the_invite_picker_knows_prospective_clients_and_the_way_to_add_one(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(clients=[lee(prospective=True)])
    page = Visitor(sign_in(ANA)).get("/packages/1/invitations")
    assert "lee@example.com · Prospective" in page.one("#clients").text
    assert page.all('#clients a[href="/clients/new?package=1"]') == ["Add a client"]


def test_a_clients_links_and_sign_ins_are_ended_by_one_button(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    lee_here = Visitor(app.test_client())
    assert sign_in_client(app, lee_here).all("h1") == ["My bookings"]
    dee = Visitor(sign_in(DEE))
    done = dee.press(dee.get("/clients/1"), "End links and sign-ins")
    assert "Lee Park is signed out everywhere" in done.text
    assert lee_here.get("/my-bookings").soup.select("[name=email]")
