"""Invite to book: the form, the preview, the list, and who may be invited by whom."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from portal.db import db
from portal.models import Client, ClientPackage, Invite, Member, Message, Package
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee
from tests.mail.laid_out import text_of
from tests.web.practice.people import FRAGMENT, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
PAGE = "/packages/1/invitations"
ROBIN = lee(email="robin@example.com", name="Robin Wu")


def fill_in(browser: FlaskClient, client: str = "Lee Park", **typed: str) -> dict[str, str]:
    """What the form sends when it's filled in."""
    form = soup(browser.get(PAGE)).find("form", id="invitation")
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    [chosen] = [label.input["value"] for label in form.select(".choice") if client in words(label)]
    return {**hidden, "client": chosen, "words": "", "line": "", **typed}


def send(browser: FlaskClient, **typed: str) -> Any:
    return browser.post(PAGE, data=fill_in(browser, **typed))


def rows(app: Flask) -> tuple[int, int]:
    """How many invites and messages there are."""
    with app.app_context():
        return tuple(  # type: ignore[return-value]
            db.session.scalar(select(func.count()).select_from(model))
            for model in (Invite, Message)
        )


def choices(answer: Any) -> list[str]:
    return [words(label) for label in soup(answer).select(".choice")]


def test_somebody_new_is_added_and_picked_for_the_invite(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ana = sign_in(ANA)
    [to_add] = soup(ana.get(PAGE)).find_all("a", string="Add a client")
    form = soup(ana.get(to_add["href"])).select_one("#client-editor")
    typed = {"csrf_token": form.select_one("[name=csrf_token]")["value"], "name": "Mo Diaz"}
    answer = ana.post(form["action"], data={**typed, "email": "mo@example.com"})
    page = soup(ana.get(answer.location))
    assert words(page.h1) == "Invite to book"
    assert words(page.select_one(".choice:has([checked])")) == "Mo Diaz mo@example.com"
    assert "mo@example.com" in words(page.select_one("#preview"))


def test_scenario_30_exactly_one_mail_with_the_link_and_the_invite_is_listed(
    clinic: Clinic, app: Flask, sign_in: SignIn, client: FlaskClient
) -> None:
    clinic()
    browser = sign_in(ANA)
    data = fill_in(browser, line="Good to see you.")
    answer = browser.post(PAGE, data=data)
    assert answer.status_code == 303
    page = soup(browser.get(answer.location))
    assert words(page.select_one(".notice.good")) == "Your invite to Lee Park is on its way."
    listed = words(page.select_one(".rows"))
    for part in ("Lee Park", "invited by Ana Ruiz", "Waits in the outbox", "Not opened yet"):
        assert part in listed
    with app.app_context():
        [mail] = db.session.scalars(select(Message))
        assert mail.recipient == LEE
        link = f"/book/reset?invite={data['token']}"
        assert link in text_of(mail)
        assert "Good to see you." in text_of(mail)
    page = client.get(link)
    assert page.status_code == 200


def test_sending_the_same_form_twice_is_one_invite(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    data = fill_in(browser)
    first, second = (browser.post(PAGE, data=data) for _ in range(2))
    assert first.location == second.location
    assert rows(app) == (1, 1)


def test_a_new_form_is_a_new_invite(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    send(browser)
    send(browser)
    assert rows(app) == (2, 2)


def test_the_preview_is_the_mail_that_goes(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    data = fill_in(browser, line="See <you>\nsoon")
    whole = soup(browser.post(f"{PAGE}/preview", data=data)).find(id="preview")
    alone = soup(browser.post(f"{PAGE}/preview", data=data, headers=FRAGMENT))
    assert rows(app) == (0, 0)
    browser.post(PAGE, data=data)
    with app.app_context():
        [mail] = db.session.scalars(select(Message))
        for preview in (whole, alone.find(id="preview")):
            assert preview.select_one(".letter").get_text() == text_of(mail)
            assert mail.subject in words(preview)
            assert LEE in words(preview)
    assert alone.find("html") is None


def test_without_a_script_the_preview_keeps_what_was_typed(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(), ROBIN])
    browser = sign_in(ANA)
    data = fill_in(browser, words="robin", line="My line")
    page = soup(browser.post(f"{PAGE}/preview", data=data))
    assert page.find(id="words")["value"] == "robin"
    assert page.find(id="line").get_text() == "My line"
    assert page.find("input", attrs={"name": "token"})["value"] == data["token"]
    checked = page.select_one("input[name=client][checked]")
    assert checked["value"] == data["client"]


def test_a_search_finds_by_name_and_address_and_keeps_who_is_picked(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(clients=[lee(), ROBIN])
    browser = sign_in(ANA)
    picked = fill_in(browser)["client"]
    for search in ("rob", "ROBIN wu", "robin@"):
        found = choices(browser.get(f"{PAGE}/clients", query_string={"words": search}))
        assert found == ["Robin Wu robin@example.com"]
    query = {"words": "rob", "client": picked}
    alone = browser.get(f"{PAGE}/clients", query_string=query, headers=FRAGMENT)
    assert [choice.split()[0] for choice in choices(alone)] == ["Lee", "Robin"]
    assert [tag["id"] for tag in soup(alone) if tag.name] == ["clients"]
    nobody = browser.get(f"{PAGE}/clients", query_string={"words": "%_\\"}, headers=FRAGMENT)
    assert "Nobody is found." in nobody.text


def test_many_clients_are_searched_and_not_all_shown(clinic: Clinic, sign_in: SignIn) -> None:
    many = [lee(email=f"c{n}@example.com", name=f"Client {n:02}") for n in range(30)]
    clinic(clients=many)
    page = sign_in(ANA).get(PAGE)
    assert len(choices(page)) == 20
    assert "20 of 30: type more of the name to see others." in page.text


def test_who_can_not_be_written_to_is_disabled_with_the_reason(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(clients=[lee(), lee(email="old@example.com", name="Old Client", active=False)])
    with app.app_context(), transaction() as session:
        session.add(Client(name="Nemo", created_at=NOW))
    browser = sign_in(ANA)
    labels = {words(label): label.input for label in soup(browser.get(PAGE)).select(".choice")}
    assert [text for text, field in labels.items() if field.has_attr("disabled")] == [
        "Nemo No email address",
        "Old Client Deactivated",
    ]
    for text, reason in (
        ("Nemo No email address", "Nemo has no email address."),
        ("Old Client Deactivated", "Old Client is deactivated."),
    ):
        data = fill_in(browser) | {"client": labels[text]["value"]}
        assert reason in browser.post(f"{PAGE}/preview", data=data, headers=FRAGMENT).text
        answer = browser.post(PAGE, data=data)
        assert answer.status_code == 422
        assert reason in answer.text
    assert rows(app) == (0, 0)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"client": ""}, "Please pick a client.", id="nobody"),
        pytest.param({"client": "9" * 30}, "Please pick a client.", id="a large number"),
        pytest.param({"token": "x"}, "This form is too old.", id="a made-up token"),
        pytest.param({"line": "x" * 1001}, "The line is too long", id="a long line"),
    ],
)
def test_a_form_that_is_not_right_comes_back_with_what_was_typed(
    clinic: Clinic, app: Flask, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    data = fill_in(browser, line="My line") | typed
    answer = browser.post(PAGE, data=data)
    assert answer.status_code == 422
    page = soup(answer)
    assert sentence in words(page.select_one(".notice.warning"))
    assert page.find(id="line").get_text() == data["line"]
    assert page.find("input", attrs={"name": "token"})["value"] != data["token"]
    assert rows(app) == (0, 0)


def test_an_archived_package_invites_nobody(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    data = fill_in(browser)
    with app.app_context(), transaction() as session:
        session.execute(update(Package).values(archived_at=NOW))
    assert soup(browser.get(PAGE)).find("form", id="invitation") is None
    answer = browser.post(PAGE, data=data)
    assert answer.status_code == 422
    assert "nobody can be invited" in answer.text
    assert rows(app) == (0, 0)


def test_a_practitioner_invites_new_people_and_their_own_clients_only(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(clients=[lee(), ROBIN])
    anas = sign_in(ANA)
    data = fill_in(anas)
    with app.app_context(), transaction() as session:
        give_package(session, assigned_to=BEN)
    assert [choice.split()[0] for choice in choices(sign_in(BEN).get(PAGE))] == ["Lee", "Robin"]
    cho = sign_in(CHO)
    assert [choice.split()[0] for choice in choices(cho.get(PAGE))] == ["Robin"]
    made_up = fill_in(cho, client="Robin Wu") | {"client": data["client"]}
    assert cho.post(PAGE, data=made_up).status_code == 404
    assert rows(app) == (0, 0)


def test_the_list_tells_what_became_of_an_invite(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    send(browser)
    with app.app_context(), transaction() as session:
        session.execute(update(Message).values(sent_at=NOW))
        session.execute(update(Invite).values(opened_at=NOW))
    steps = [words(step) for step in soup(browser.get(PAGE)).select(".trail li.done")]
    assert [step.split()[0] for step in steps] == ["Sent", "Opened"]
    with app.app_context(), transaction() as session:
        session.execute(
            update(Message).values(sent_at=None, failed_at=NOW, last_error="550 No such mailbox")
        )
    assert "Failed: 550 No such mailbox" in words(soup(browser.get(PAGE)).select_one(".trail"))


def test_nothing_is_sent_by_looking(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    data = fill_in(browser)
    for path in (PAGE, f"{PAGE}/clients"):
        browser.get(path, query_string=data)
    assert browser.get(f"{PAGE}/preview").status_code == 405
    assert rows(app) == (0, 0)


def give_package(session: Any, assigned_to: str) -> None:
    """Lee has Reset already, with somebody."""
    session.add(
        ClientPackage(
            client_id=session.scalar(select(Client.id).where(Client.email == LEE)),
            package_id=1,
            assigned_to_id=session.scalar(select(Member.id).where(Member.email == assigned_to)),
            started_on=NOW.date(),
            created_at=NOW,
        )
    )
