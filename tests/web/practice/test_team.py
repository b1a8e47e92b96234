"""The team's pages: the list, invitations, one member, handing the practice over."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Member, Message, Role, TeamInvitation
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.mail.laid_out import text_of
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
GUS = {"name": "Gus Lind", "email": "Gus@Example.com", "role": "", "kind": "practitioner"}


def post(browser: FlaskClient, url: str, on: str = "/team", **data: Any) -> Any:
    return browser.post(url, data={"csrf_token": csrf_token(browser, on), **data})


def save(browser: FlaskClient, member: int, **typed: str) -> Any:
    """Send a member's form as the page has it, with other values in some fields."""
    return browser.post(f"/team/{member}", data=form_of(browser.get(f"/team/{member}")) | typed)


def form_of(answer: Any) -> dict[str, str]:
    """What the form of a member, or a role with no rights, would send."""
    form = soup(answer).select_one("form[data-editor]")
    values = {
        each["name"]: each.get("value", "")
        for each in form.select("input[name]")
        if each.get("type") != "radio" or each.has_attr("checked")
    }
    chosen = {
        each["name"]: each.select_one("option[selected]")["value"] for each in form.select("select")
    }
    return values | chosen


def notice(answer: Any) -> str:
    return words(soup(answer).select_one(".notice"))


def error(answer: Any, field: str) -> str:
    """What stands beside a field, and is read with it."""
    page = soup(answer)
    described = str(page.select_one(f"#{field}").get("aria-describedby"))
    return words(page.select_one(f"#{described.split()[-1]}"))


def names(answer: Any) -> list[str]:
    return [words(each) for each in soup(answer).select("#members li strong")]


def database(app: Flask, query: Any) -> Any:
    with app.app_context():
        return db.session.scalars(query).all()


# The list


def test_everybody_on_the_team_reads_the_list(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    answer = sign_in(BEN).get("/team")
    assert names(answer) == ["Ana Ruiz", "Ben Okafor", "Cho Park", "Dee Novak"]
    people = [words(each) for each in soup(answer).select("#members li")]
    assert people[0] == "Ana Ruiz Owner Nutritionist · Practitioner ana@example.com"
    assert people[3] == "Dee Novak Front desk · Admin dee@example.com"
    for only_for_managers in ("Invite a team member", "Pending invitations", 'href="/team/1"'):
        assert only_for_managers not in answer.text


def test_it_searches_in_the_page_and_alone(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(BEN)
    page, alone = (browser.get("/team?words=coach", headers=each) for each in ({}, FRAGMENT))
    assert names(page) == ["Cho Park"]
    assert soup(page).select_one("#members") == BeautifulSoup(alone.text, "html.parser").find(
        id="members"
    )
    assert "<html" not in alone.text
    assert "Nobody is found." in browser.get("/team?words=zzz").text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/team/2"),
        ("post", "/team/2"),
        ("post", "/team/2/ownership"),
        ("post", "/team/2/activity"),
        ("post", "/team/invitations"),
        ("post", "/team/invitations/1/mails"),
        ("post", "/team/invitations/1/revocation"),
    ],
)
def test_the_rest_is_for_those_who_manage_the_team(
    clinic: Clinic, sign_in: SignIn, method: str, path: str
) -> None:
    clinic()
    browser = sign_in(DEE)
    token = csrf_token(browser, "/team")
    answer = getattr(browser, method)(path, data={"csrf_token": token})
    assert answer.status_code == 403
    assert "manage the team" in answer.text


# Invitations


@pytest.mark.usefixtures("time")
def test_an_invitation_goes_out_and_is_listed(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic(dee_may=["team"])
    browser = sign_in(DEE)
    answer = post(browser, "/team/invitations", **GUS)
    assert answer.status_code == 303
    page = browser.get(answer.location)
    waits = "The invitation to Gus Lind waits in the outbox until mail is set up."
    assert waits in page.text
    assert not soup(page).select("#invitations a[href='/practice/mail']")
    [line] = [words(each) for each in soup(page).select("#invitations li")]
    assert "Gus Lind No role · Practitioner gus@example.com" in line
    assert "Sent Mon, Mar 1, 08:00 by Dee Novak · Expires Mon, Mar 8, 08:00" in line
    assert database(app, select(Message.recipient)) == ["gus@example.com"]


def test_who_may_set_up_mail_is_led_there(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    page = browser.get(post(browser, "/team/invitations", **GUS).location)
    assert "waits in the outbox" in page.text
    link = soup(page).select_one("#invitations > p > a")
    assert words(link) == "Set up mail"
    assert browser.get(link["href"]).status_code == 200


def test_with_a_mail_server_the_invitation_is_on_its_way(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    app.config["MAIL_SERVER"] = "smtp.example.com"
    browser = sign_in(ANA)
    page = browser.get(post(browser, "/team/invitations", **GUS).location)
    assert "The invitation to Gus Lind is on its way." in page.text
    assert "Set up mail" not in words(soup(page).select_one("#invitations"))


def test_the_button_for_inviting_leads_the_keyboard_to_the_form(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    page = soup(sign_in(ANA).get("/team"))
    target = page.select_one(page.select_one(".list-head a[role=button]")["href"])
    assert target["tabindex"] == "-1"
    assert target.parent["id"] == "invite"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": " "}, "name"),
        ({"email": "gus"}, "email"),
        ({"email": BEN}, "email"),
        ({"role": "999"}, "role"),
        ({"role": "x"}, "role"),
    ],
)
def test_what_can_not_be_sent_is_shown_again(
    clinic: Clinic, app: Flask, sign_in: SignIn, typed: dict[str, str], field: str
) -> None:
    clinic()
    answer = post(sign_in(ANA), "/team/invitations", **GUS | {"name": "Gus <L>"} | typed)
    assert answer.status_code == 422
    assert error(answer, field)
    form = soup(answer).select_one("#invite form")
    assert form.select_one("#name")["value"] == ("" if "name" in typed else "Gus <L>")
    assert database(app, select(TeamInvitation)) == []


def test_a_made_up_kind_is_refused(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    answer = post(sign_in(ANA), "/team/invitations", **GUS | {"kind": "owner"})
    assert answer.status_code == 422
    assert "Please choose one of these." in answer.text


@pytest.mark.usefixtures("time")
def test_a_second_invitation_offers_to_send_the_first_again(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    post(browser, "/team/invitations", **GUS)
    answer = post(browser, "/team/invitations", **GUS)
    assert answer.status_code == 422
    assert "has an invitation already" in error(answer, "email")
    [again] = soup(answer).select("#invite form[action$='/mails']")
    assert post(browser, again["action"]).status_code == 303
    with app.app_context():
        texts = [text_of(mail) for mail in db.session.scalars(select(Message))]
    links = {re.search(r"/join/([\w-]{22})", text)[1] for text in texts}
    assert len(links) == len(texts) == 2


def test_an_invitation_is_revoked(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    post(browser, "/team/invitations", **GUS)
    answer = post(browser, "/team/invitations/1/revocation")
    page = browser.get(answer.location)
    assert "its link leads nowhere any more" in page.text
    assert not soup(page).select("#invitations li")
    assert post(browser, "/team/invitations/1/revocation").status_code == 410
    assert post(browser, "/team/invitations/9/revocation").status_code == 404


def test_on_the_solo_plan_it_says_what_that_means(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(practice={"plan": "solo"})
    browser = sign_in(ANA)
    assert "can only book the practitioner assigned" in words(
        soup(browser.get("/team")).select_one("#invite")
    )
    assert post(browser, "/team/invitations", **GUS).status_code == 303


# One member


def test_a_member_is_changed(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    typed = {"name": "Benedict", "email": "B@X.example.com", "role": "2", "kind": "admin"}
    answer = save(browser, 2, **typed)
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert notice(page) == "Saved."
    form = soup(page).select_one("#member-editor")
    assert form.select_one("#name")["value"] == "Benedict"
    assert form.select_one("#email")["value"] == "b@x.example.com"
    assert words(form.select_one("option[selected]")) == "Coach"
    assert form.select_one("input[checked]")["value"] == "admin"


def test_a_members_form_keeps_what_was_typed(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    typed = {"name": "Benedict", "email": CHO, "role": "1", "kind": "practitioner"}
    answer = save(sign_in(ANA), 2, **typed)
    assert answer.status_code == 422
    assert error(answer, "email") == "Cho Park is on the team with this address."
    assert soup(answer).select_one("#name")["value"] == "Benedict"


def test_who_has_something_to_settle_is_shown_where(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(follow_up={"owner": BEN})
    typed = {"name": "Ben", "email": BEN, "role": "1", "kind": "admin"}
    answer = save(sign_in(ANA), 2, **typed)
    assert answer.status_code == 409
    assert "Settle them first." in notice(answer)
    assert soup(answer).select_one("a[href='/team/2/leaving']")


def test_an_account_that_may_do_more_can_be_read_and_not_changed(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    browser = sign_in(DEE)
    page = browser.get("/team/1")
    assert "Ana Ruiz owns the practice" in notice(page)
    assert not soup(page).select("main form")
    typed = {"name": "Ana", "email": "mine@example.com", "role": "", "kind": "admin"}
    assert post(browser, "/team/1", **typed).status_code == 403


def test_a_colleagues_address_is_the_owners_to_change(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    theirs, browser = sign_in(BEN), sign_in(DEE)
    assert soup(browser.get("/team/2")).select_one("#email").has_attr("readonly")
    assert not soup(browser.get("/team/4")).select_one("#email").has_attr("readonly")
    answer = save(browser, 2, name="Benedict", email="dee+ben@example.com")
    assert answer.status_code == 422
    assert error(answer, "email").startswith("Only the owner of the practice")
    assert soup(answer).select_one("#name")["value"] == "Benedict"
    # It's read-only, so what was made up doesn't stand in the way of saving the rest.
    assert soup(answer).select_one("#email")["value"] == BEN
    assert database(app, select(Member.name).where(Member.email == BEN)) == ["Ben Okafor"]
    assert browser.post("/team/2", data=form_of(answer)).status_code == 303
    assert theirs.get("/team").status_code == 200
    assert save(sign_in(ANA), 2, email="benedict@example.com").status_code == 303
    assert theirs.get("/team").status_code == 303
    assert database(app, select(Message.recipient)) == [BEN]


def test_the_second_of_two_editors_is_told_what_is_stored_and_can_save_again(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    ana, dee = sign_in(ANA), sign_in(DEE)
    typed = form_of(dee.get("/team/2")) | {"name": "Benny", "kind": "admin"}
    theirs = {"name": "Benedict", "email": "b@example.com", "role": "2"}
    assert save(ana, 2, **theirs).status_code == 303
    answer = dee.post("/team/2", data=typed)
    assert answer.status_code == 409
    assert "Somebody else saved changes" in notice(answer)
    assert [words(each) for each in soup(answer).select(".differs div")] == [
        "Name stored now: Benedict",
        "Role stored now: Coach",
        "Kind stored now: Practitioner",
    ]
    again = form_of(answer)
    assert (again["name"], again["role"], again["kind"]) == ("Benny", "1", "admin")
    assert again["seen"] != typed["seen"]
    # A form that is refused for something else remembers what was seen.
    unseen = dee.post("/team/2", data=typed | {"name": ""})
    assert form_of(unseen)["seen"] == typed["seen"]
    assert dee.post("/team/2", data=again).status_code == 303
    rows = database(app, select(Member).where(Member.name == "Benny"))
    assert [(row.email, row.role_id, row.kind.value) for row in rows] == [
        ("b@example.com", 1, "admin")
    ]


def test_a_role_with_more_rights_is_not_offered_and_not_taken(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    with app.app_context(), transaction() as session:
        session.execute(update(Role).where(Role.name == "Coach").values(rights=["settings"]))
    browser = sign_in(DEE)
    options = [words(each) for each in soup(browser.get("/team/2")).select("#role option")]
    assert options == ["No role", "Front desk", "Nutritionist"]
    typed = {"name": "Ben", "email": BEN, "role": "2", "kind": "practitioner"}
    answer = save(browser, 2, **typed)
    assert answer.status_code == 422
    assert "may do more than you may" in error(answer, "role")


def test_a_member_that_is_not_there(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    assert sign_in(ANA).get("/team/99").status_code == 404


# The owner


def test_the_owner_hands_the_practice_over_after_a_tick(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    browser = sign_in(ANA)
    without = post(browser, "/team/2/ownership")
    assert without.status_code == 422
    assert error(without, "sure") == "Please tick the box to confirm."
    answer = post(browser, "/team/2/ownership", sure="y")
    assert answer.status_code == 303
    assert "The practice is handed over." in browser.get(answer.location).text
    assert database(app, select(Member.email).where(Member.is_owner)) == [BEN]
    assert browser.get("/team/2").status_code == 403


def test_nobody_else_is_offered_it_or_does_it(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(dee_may=["team"])
    browser = sign_in(DEE)
    assert "Hand over the practice" not in browser.get("/team/2").text
    assert post(browser, "/team/4/ownership", sure="y").status_code == 403


def test_who_left_is_brought_back(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == BEN).values(deactivated_at=NOW))
    browser = sign_in(ANA)
    page = browser.get("/team/2")
    assert "Reactivate" in page.text
    assert "Hand over the practice" not in page.text
    assert post(browser, "/team/2/activity").status_code == 303
    assert database(app, select(Member.deactivated_at).where(Member.email == BEN)) == [None]
