"""The outbox page: what waits, what was sent, what failed and why, and sending again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.actions.inviting import invite_to_book
from portal.db import db
from portal.models import Client, Member, Message
from portal.tokens import new_token
from portal.transaction import transaction
from portal.web.practice.message_words import KINDS
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW
from tests.mail.laid_out import text_of
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
MAILS = Path(__file__).resolve().parents[3] / "templates" / "mail"


@pytest.fixture
def invited(clinic: Clinic, app: Flask) -> Callable[..., None]:
    """Load the clinic and let a member invite Lee, then change the mails."""

    def invite(email: str = ANA, mails: int = 1, **values: Any) -> None:
        clinic()
        with app.app_context():
            by = db.session.scalars(select(Member).where(Member.email == email)).one()
            client = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
            for _ in range(mails):
                invite_to_book(1, client, "", new_token(), by, NOW)
            if values:
                with transaction() as session:
                    session.execute(update(Message).values(**values))

    return invite


def rows(browser: FlaskClient, state: str) -> list[str]:
    page = soup(browser.get(f"/outbox?state={state}"))
    return [words(row) for row in page.select(".rows > li")]


def test_without_a_mail_server_it_says_that_messages_wait(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited()
    page = sign_in(ANA).get("/outbox")
    assert "No mail server is set up" in words(soup(page).select_one(".notice.warning"))
    assert words(soup(page).select_one(".states [aria-current]")) == "Waiting 1"
    assert "Riverside Clinic invites you to book: Reset" in page.text


def test_with_a_mail_server_it_does_not(
    invited: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    invited()
    app.config["MAIL_SERVER"] = "smtp.example.com"
    assert "No mail server" not in sign_in(ANA).get("/outbox").text


def test_a_message_says_how_far_it_has_come(
    invited: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    invited(attempts=2, last_error="451 Try later", due_at=NOW + timedelta(minutes=4))
    browser = sign_in(ANA)
    assert "Tried 2 times: 451 Try later." in rows(browser, "waiting")[0]
    with app.app_context(), transaction() as session:
        session.execute(update(Message).values(failed_at=NOW, last_error="550 No such mailbox"))
    assert rows(browser, "waiting") == []
    assert "550 No such mailbox" in rows(browser, "failed")[0]
    with app.app_context(), transaction() as session:
        session.execute(update(Message).values(failed_at=None, sent_at=NOW, last_error=""))
    assert "Sent" in rows(browser, "sent")[0]
    assert "Send again" not in rows(browser, "sent")[0]


def test_send_again_makes_a_failed_message_due(
    invited: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    invited(attempts=16, failed_at=NOW, last_error="550 No such mailbox")
    browser = sign_in(ANA)
    token = csrf_token(browser, "/outbox?state=failed")
    path = soup(browser.get("/outbox?state=failed")).select_one(".rows form")["action"]
    answer = browser.post(path, data={"csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/outbox?state=waiting")
    with app.app_context():
        [message] = db.session.scalars(select(Message))
        assert (message.attempts, message.failed_at) == (0, None)
        assert text_of(message)


def test_what_failed_is_shown_first_and_leads_to_the_client_whose_address_is_wrong(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited(failed_at=NOW, last_error="550 No such mailbox")
    ana = sign_in(ANA)
    page = soup(ana.get("/outbox"))
    assert words(page.select_one(".states [aria-current]")) == "Failed 1"
    about = soup(ana.get(page.select_one(".rows .wrong a")["href"]))
    assert words(about.h1) == "Lee Park"
    notice = about.select_one(".notice.warning")
    assert words(notice).startswith("A mail to this address couldn’t be sent.")
    assert words(soup(ana.get(notice.a["href"])).select_one(".rows button")) == "Send again"


def test_whoever_searches_is_shown_what_is_found(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited(sent_at=NOW, facts="")
    ana = sign_in(ANA)
    [mails] = soup(ana.get("/clients/1")).find_all("a", string="All mails to them")
    assert words(soup(ana.get(mails["href"])).select_one(".states [aria-current]")) == "Sent 1"
    assert words(soup(ana.get("/outbox")).select_one(".states [aria-current]")) == "Waiting 0"


def test_what_failed_long_ago_is_not_in_the_way(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited(failed_at=NOW, last_error="550 No such mailbox", facts="")
    ana = sign_in(ANA)
    assert words(soup(ana.get("/outbox")).select_one(".states [aria-current]")) == "Waiting 0"
    assert not soup(ana.get("/clients/1")).select(".notice.warning")


def test_a_sent_message_is_not_sent_again(invited: Callable[..., None], sign_in: SignIn) -> None:
    invited(sent_at=NOW)
    browser = sign_in(ANA)
    token = csrf_token(browser, "/outbox")
    answer = browser.post("/outbox/1/attempts", data={"csrf_token": token})
    assert answer.status_code == 409


@pytest.mark.parametrize(("who", "sees"), [(ANA, True), (DEE, True), (BEN, True), (CHO, False)])
def test_others_messages_are_for_the_owner_and_admins(
    invited: Callable[..., None], app: Flask, sign_in: SignIn, who: str, sees: bool
) -> None:
    invited(BEN, failed_at=NOW, last_error="550")
    browser = sign_in(who)
    assert bool(rows(browser, "failed")) == sees
    with app.app_context():
        message = db.session.scalars(select(Message.id)).one()
    token = csrf_token(browser, "/practice/services")
    answer = browser.post(f"/outbox/{message}/attempts", data={"csrf_token": token})
    assert answer.status_code == (303 if sees else 404)


def test_it_shows_no_private_link(invited: Callable[..., None], sign_in: SignIn) -> None:
    invited()
    assert "invite=" not in sign_in(ANA).get("/outbox").text


def test_long_lists_have_pages(invited: Callable[..., None], sign_in: SignIn) -> None:
    invited(mails=30)
    browser = sign_in(ANA)
    first = soup(browser.get("/outbox"))
    assert len(first.select(".rows > li")) == 25
    assert "Page 1 of 2" in words(first.select_one(".pages"))
    assert len(soup(browser.get("/outbox?page=2")).select(".rows > li")) == 5
    for page in ("0", "-3", "99999999999999999999", "x"):
        assert browser.get(f"/outbox?page={page}&state={page}").status_code == 200


def test_messages_are_found_by_subject_and_address(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited(mails=2)
    browser = sign_in(ANA)
    for found in ("RESET", "lee@", "lee reset"):
        page = soup(browser.get(f"/outbox?words={found}"))
        assert len(page.select(".rows > li")) == 2
        assert words(page.select_one(".states [aria-current]")) == "Waiting 2"
    page = soup(browser.get("/outbox?words=nobody"))
    assert page.select(".rows > li") == []
    assert page.select_one("#search-words")["value"] == "nobody"


def test_the_list_alone_is_what_the_page_has(invited: Callable[..., None], sign_in: SignIn) -> None:
    invited(mails=30)
    browser = sign_in(ANA)
    alone = browser.get("/outbox?words=reset&page=2", headers=FRAGMENT)
    assert "<html" not in alone.text
    whole = soup(browser.get("/outbox?words=reset&page=2"))
    assert words(soup(alone).select_one("#messages")) == words(whole.select_one("#messages"))


def test_a_packages_invites_have_pages(invited: Callable[..., None], sign_in: SignIn) -> None:
    invited(mails=30)
    browser = sign_in(ANA)
    first = soup(browser.get("/packages/1/invitations"))
    assert len(first.select(".rows > li")) == 25
    assert len(soup(browser.get("/packages/1/invitations?page=2")).select(".rows > li")) == 5
    assert len(soup(browser.get("/packages/1/invitations?page=-9")).select(".rows > li")) == 25


def test_what_is_not_needed_any_more_has_a_list_of_its_own(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited(dropped_at=NOW, last_error="The session was moved to another time.", facts="")
    browser = sign_in(ANA)
    [row] = rows(browser, "dropped")
    assert "Dropped Mon, Mar 1, 08:00: The session was moved to another time." in row
    assert "Invite to book. To lee@example.com" in row
    assert "Send again" not in row
    assert rows(browser, "waiting") == rows(browser, "failed") == []
    page = soup(browser.get("/outbox?state=dropped"))
    assert words(page.select_one(".states [aria-current]")) == "No longer needed 1"


def test_a_message_that_is_being_sent_says_so_and_is_left_alone(
    invited: Callable[..., None], sign_in: SignIn
) -> None:
    invited(attempts=1)
    browser = sign_in(ANA)
    assert "Being sent now" in rows(browser, "waiting")[0]
    assert "Send again" not in rows(browser, "waiting")[0]
    assert _again(browser).status_code == 409


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({"dropped_at": NOW, "last_error": "x"}, "needed any more", id="dropped"),
        pytest.param(
            {"failed_at": NOW, "last_error": "550", "facts": ""}, "was deleted", id="no text"
        ),
    ],
)
def test_what_cannot_go_again_says_why(
    invited: Callable[..., None], sign_in: SignIn, values: dict[str, Any], why: str
) -> None:
    invited(**values)
    answer = _again(sign_in(ANA))
    assert answer.status_code == 409
    assert why in answer.text


def test_all_that_failed_goes_again_and_nothing_else(
    invited: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    invited(mails=4, failed_at=NOW, attempts=16, last_error="550")
    with app.app_context(), transaction() as session:
        session.execute(update(Message).where(Message.id == 1).values(facts=""))
        session.execute(update(Message).where(Message.id == 2).values(failed_at=None, sent_at=NOW))
    ben, ana = sign_in(BEN), sign_in(ANA)
    _press_all(ben)
    page = _press_all(ana)
    assert words(page.select_one(".notice.good")) == "2 messages will be sent again."
    assert len(rows(ana, "waiting")) == 2
    assert len(rows(ana, "failed")) == len(rows(ana, "sent")) == 1
    with app.app_context():
        again = db.session.scalars(select(Message).where(Message.id > 2)).all()
        assert [(each.attempts, each.last_error, each.failed_at) for each in again] == [
            (0, "", None)
        ] * 2


def test_every_kind_of_message_has_words() -> None:
    folders = {path.name for path in MAILS.iterdir() if path.is_dir()}
    assert folders <= set(KINDS)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({}, "the worker isn’t running", id="waiting, nothing tried"),
        pytest.param({"last_error": "535 Denied", "attempts": 3}, "535 Denied", id="waiting"),
        pytest.param({"failed_at": NOW, "last_error": "554 No"}, "554 No", id="failed in a row"),
        pytest.param({"sent_at": NOW}, None, id="sent"),
        pytest.param({"dropped_at": NOW}, None, id="dropped"),
    ],
)
def test_whoever_can_mend_it_is_told_that_mail_does_not_go(
    invited: Callable[..., None],
    sign_in: SignIn,
    time: Any,
    values: dict[str, Any],
    says: str | None,
) -> None:
    invited(mails=3, **values)
    browser, others = sign_in(ANA), sign_in(BEN)
    time.pass_(timedelta(minutes=61))
    banner = soup(browser.get("/practice/services")).select_one("main > .notice.warning")
    assert bool(banner) == bool(says)
    if says:
        assert says in words(banner)
        assert banner.select_one("a[href='/practice/settings/mail']")
    assert soup(others.get("/practice/services")).select_one("main > .notice.warning") is None


def test_one_wrong_address_or_a_short_wait_is_no_trouble(
    invited: Callable[..., None], app: Flask, sign_in: SignIn, time: Any
) -> None:
    time.pass_(timedelta(minutes=59))
    invited(mails=3, failed_at=NOW, last_error="550 No such mailbox")
    with app.app_context(), transaction() as session:
        session.execute(update(Message).where(Message.id == 2).values(failed_at=None, sent_at=NOW))
        session.execute(update(Message).where(Message.id == 3).values(failed_at=None))
    assert soup(sign_in(ANA).get("/practice/services")).select_one("main > .notice.warning") is None


def _again(browser: FlaskClient) -> Any:
    token = csrf_token(browser, "/outbox")
    return browser.post("/outbox/1/attempts", data={"csrf_token": token})


def _press_all(browser: FlaskClient) -> Any:
    token = csrf_token(browser, "/outbox")
    data = {"csrf_token": token}
    return soup(browser.post("/outbox/attempts", data=data, follow_redirects=True))
