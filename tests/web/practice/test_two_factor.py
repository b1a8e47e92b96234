"""Two-factor sign-in: codes of an app, recovery codes, and the password asked for once more."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from sqlalchemy import select

from portal.actions.recovery import recover
from portal.clock import now
from portal.db import db
from portal.models import Act, Activity, Member, Message
from portal.models import SignIn as SignInRow
from portal.queries.recovery import recovery_token
from tests.clinics import ANA, BEN
from tests.mail.laid_out import text_in
from tests.web.practice.people import AFTER_SIGN_IN, PASSWORD, csrf_token, soup, try_to_sign_in
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


class Phone:
    """An authenticator app; each code that it's asked for is a new one."""

    def __init__(self, letters: str) -> None:
        self.totp, self.shown = TOTP(key=letters.replace(" ", "")), -1

    def code(self) -> str:
        """The code of now, or the next one where that was shown already."""
        self.shown = max(self.shown + 1, int(time.time()) // 30)
        return str(self.totp.generate(time=self.shown * 30).token)


def turn_on(browser: FlaskClient) -> tuple[Phone, list[str]]:
    """Turn it on; returns the app with the secret, and the recovery codes."""
    visitor = Visitor(browser)
    page = visitor.get("/account/two-factor")
    phone = Phone(page.one(".secret code").get_text())
    page = visitor.press(page, "Turn on", code=phone.code())
    assert page.all("h1") == ["Recovery codes"], page.text
    return phone, page.all(".codes code")


def first_step(app: Flask, email: str = ANA, **more: str) -> tuple[Visitor, Page]:
    """Give the right password; returns where that leads."""
    visitor = Visitor(app.test_client())
    page = visitor.press(visitor.get("/sign-in"), "Sign in", email=email, password=PASSWORD, **more)
    return visitor, page


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/practice/services").url == "/practice/services"


def stored(app: Flask, email: str = ANA) -> Member:
    with app.app_context():
        return db.session.scalars(select(Member).where(Member.email == email)).one()


def stale(browser: FlaskClient) -> None:
    """Make the password one that was given a long while ago."""
    with browser.session_transaction() as session:
        session["fs_paa"] = time.time() - 3600


def test_turning_it_on_signs_every_other_browser_out(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    """Whoever is in there has shown a password and no more: it may be a stolen one."""
    clinic()
    here, there, bens = sign_in(ANA), sign_in(ANA), sign_in(BEN)
    turn_on(here)
    assert [is_in(Visitor(browser)) for browser in (here, there, bens)] == [True, False, True]
    with app.app_context():
        ended = select(Activity).where(Activity.act == Act.SIGN_IN_ENDED)
        assert len(db.session.scalars(ended).all()) == 1


def test_it_is_turned_on_with_the_first_code_of_the_app(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    assert "Off" in Visitor(browser).get("/account").all("#two-factor .mark")
    _phone, codes = turn_on(browser)
    assert len(set(codes)) == 8
    page = Visitor(browser).get("/account")
    assert "On" in page.all("#two-factor .mark")
    assert "8 codes are left" in page.text
    with app.app_context():
        assert Act.TWO_FACTOR_CHANGED.value in db.session.scalars(select(Activity.act)).all()
        mail = db.session.scalars(select(Message)).one()
    assert (mail.recipient, "was turned on" in text_in(app, mail)) == (ANA, True)


def test_the_picture_and_the_letters_are_one_secret_with_the_clinics_name(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    page = Visitor(sign_in(ANA)).get("/account/two-factor")
    assert str(page.one("img.qr-code")["src"]).startswith("data:image/svg+xml")
    address = str(page.one("a[href^=otpauth]")["href"])
    assert address.startswith("otpauth://totp/Riverside%20Clinic:ana@example.com?")
    assert page.one(".secret code").get_text().replace(" ", "") in address


def test_a_wrong_code_keeps_the_secret_that_the_app_has_by_now(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    visitor = Visitor(sign_in(ANA))
    page = visitor.get("/account/two-factor")
    letters = page.all(".secret code")
    for code in ("", "000000", "abc", "1" * 50, "\u0661" * 6):
        page = visitor.press(page, "Turn on", code=code)
        assert page.status == 422
        assert page.all(".secret code") == letters
        assert page.all("#code-error") == [
            "This code isn’t right. Please type the one that the app shows now."
        ]
    assert stored(app).tf_primary_method is None
    page = visitor.press(page, "Turn on", code=Phone(letters[0]).code())
    assert page.all("h1") == ["Recovery codes"]


def test_the_secret_and_the_codes_are_not_stored_as_they_are(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    letters = Visitor(browser).get("/account/two-factor").one(".secret code").get_text()
    _phone, codes = turn_on(browser)
    member = stored(app)
    assert member.tf_totp_secret
    assert letters.replace(" ", "") not in member.tf_totp_secret
    assert not set(codes) & set(member.mf_recovery_codes or [])
    assert all(len(each) == 64 for each in member.mf_recovery_codes or [])


def test_a_password_alone_signs_nobody_in_any_more(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    phone, _codes = turn_on(sign_in(ANA))
    visitor, page = first_step(app)
    assert page.all("h1") == ["Your code"]
    assert not is_in(visitor)
    visitor, page = first_step(app)
    page = visitor.press(page, "Sign in", code=phone.code())
    assert page.url == AFTER_SIGN_IN


def test_the_second_step_leads_to_where_one_wanted_to_go(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    phone, codes = turn_on(sign_in(ANA))
    visitor, page = first_step(app, next="/outbox?state=sent")
    page = visitor.press(page, "Sign in", code=phone.code())
    assert page.url == "/outbox?state=sent"
    visitor, page = first_step(app, next="/outbox?state=sent")
    page = visitor.get(str(page.one(".aside a")["href"]))
    assert visitor.press(page, "Sign in", code=codes[0]).url == "/outbox?state=sent"


def test_it_leads_nowhere_else(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    phone, _codes = turn_on(sign_in(ANA))
    visitor, page = first_step(app)
    answer = visitor.client.post(
        "/sign-in/code?next=https://evil.example",
        data={
            "csrf_token": str(page.one("[name=csrf_token]")["value"]),
            "code": phone.code(),
            "next": "//evil.example",
        },
    )
    assert answer.location == AFTER_SIGN_IN


def test_a_code_works_once(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    phone, _codes = turn_on(sign_in(ANA))
    code = phone.code()
    visitor, page = first_step(app)
    assert visitor.press(page, "Sign in", code=code).url == AFTER_SIGN_IN
    visitor, page = first_step(app)
    page = visitor.press(page, "Sign in", code=code)
    assert page.status == 422
    assert "This code isn’t right." in page.text
    assert not is_in(visitor)


def test_the_code_that_turned_it_on_signs_nobody_in(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    visitor = Visitor(sign_in(ANA))
    page = visitor.get("/account/two-factor")
    code = Phone(page.one(".secret code").get_text()).code()
    visitor.press(page, "Turn on", code=code)
    visitor, page = first_step(app)
    assert visitor.press(page, "Sign in", code=code).status == 422


def test_codes_are_tried_a_few_times_from_everywhere_together(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    phone, _codes = turn_on(sign_in(ANA))
    turn_on(sign_in(BEN))
    app.config["CODE_TRIES"] = "3 per minute"
    app.config["SIGN_IN_TRIES"] = "100 per minute"
    statuses = []
    for number in range(4):
        visitor, page = first_step(app)
        visitor.client.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        statuses.append(visitor.press(page, "Sign in", code="000000").status)
    assert statuses == [422, 422, 422, 429]
    visitor, page = first_step(app)
    code = phone.code()
    refused = visitor.press(page, "Sign in", code=code)
    assert refused.status == 429
    assert "too many tries for this account" in refused.text
    visitor, page = first_step(app, BEN)
    assert visitor.press(page, "Sign in", code="000000").status == 422
    # A new password by mail has its own count.
    with app.app_context():
        ana = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        recover(recovery_token(ana, now() + timedelta(hours=1)), PASSWORD, now())
    visitor, page = first_step(app)
    assert visitor.press(page, "Sign in", code=code).url == AFTER_SIGN_IN


def test_a_recovery_code_takes_the_place_of_a_code_once(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    _phone, codes = turn_on(sign_in(ANA))
    typed = f" {codes[3].upper().replace('-', ' ')} "

    def recover() -> tuple[Visitor, Page]:
        visitor, page = first_step(app)
        page = visitor.get(str(page.one(".aside a")["href"]))
        assert page.all("h1") == ["Recovery code"]
        return visitor, visitor.press(page, "Sign in", code=typed)

    visitor, page = recover()
    assert page.url == AFTER_SIGN_IN
    assert "7 codes are left" in visitor.get("/account").text
    visitor, page = recover()
    assert page.status == 422
    assert "This isn’t one of your recovery codes, or it was used already." in page.text
    assert not is_in(visitor)


def test_recovery_codes_are_somebodys_own(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    _phone, codes = turn_on(sign_in(ANA))
    turn_on(sign_in(BEN))
    visitor, _page = first_step(app, BEN)
    page = visitor.press(visitor.get("/sign-in/recovery-code"), "Sign in", code=codes[0])
    assert page.status == 422


def test_new_recovery_codes_replace_the_old_ones(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    _phone, old = turn_on(browser)
    visitor = Visitor(browser)
    page = visitor.press(visitor.get("/account"), "Make new recovery codes")
    new = page.all(".codes code")
    assert len(new) == 8
    assert not set(new) & set(old)
    for code, status in ((old[0], 422), (new[0], 200)):
        visitor, _page = first_step(app)
        page = visitor.press(visitor.get("/sign-in/recovery-code"), "Sign in", code=code)
        assert page.status == status


def test_recovery_codes_are_for_those_who_have_a_second_factor(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    data = {"csrf_token": csrf_token(browser, "/account")}
    assert browser.post("/account/recovery-codes", data=data).status_code == 409


def test_it_is_turned_off_with_its_recovery_codes(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    turn_on(browser)
    page = Visitor(browser).press(Visitor(browser).get("/account"), "Turn off")
    assert "Two-factor sign-in is turned off." in page.text
    member = stored(app)
    assert (member.tf_totp_secret, member.mf_recovery_codes) == (None, None)
    _visitor, page = first_step(app)
    assert page.url == AFTER_SIGN_IN


def test_a_link_for_a_forgotten_password_doesnt_go_around_it(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    turn_on(sign_in(ANA))
    visitor = Visitor(app.test_client())
    visitor.press(visitor.get("/forgotten-password"), "Mail me a link", email=ANA)
    with app.app_context():
        mail = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert mail
        address = next(line for line in text_in(app, mail).splitlines() if line.startswith("http"))
    path = address.removeprefix("http://127.0.0.1:8000")
    typed = {"password": "correct horse battery", "again": "correct horse battery"}
    page = visitor.press(visitor.get(path), "Save the new password", **typed)
    page = visitor.press(page, "Sign in", email=ANA, password=typed["password"])
    assert page.all("h1") == ["Your code"]
    assert not is_in(visitor)


def test_an_app_in_use_isnt_replaced_by_a_form_that_is_sent_twice(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    here, there = sign_in(ANA), app.test_client()
    visitor = Visitor(here)
    page = visitor.get("/account/two-factor")
    phone = Phone(page.one(".secret code").get_text())
    # The same browser, as it was when the form was sent for the first time.
    cookie = here.get_cookie("session")
    assert cookie
    there.set_cookie("session", cookie.value)
    assert visitor.press(page, "Turn on", code=phone.code()).all("h1") == ["Recovery codes"]
    secret = stored(app).tf_totp_secret
    late = Visitor(there)
    assert late.press(page, "Turn on", code=phone.code()).status == 409
    assert stored(app).tf_totp_secret == secret
    assert late.get("/account/two-factor").url == "/account"


def test_a_secret_that_another_key_encrypted_lets_recovery_codes_in(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    from portal import create_app
    from tests.conftest import dispose

    clinic()
    phone, codes = turn_on(sign_in(ANA))
    settings = {"SECRET_KEY": "a key that came after the old one was lost"}
    other = create_app({"TESTING": True, "DATABASE_URL": app.config["DATABASE_URL"], **settings})
    visitor, page = first_step(other)
    assert visitor.press(page, "Sign in", code=phone.code()).status == 422
    page = visitor.press(visitor.get("/sign-in/recovery-code"), "Sign in", code=codes[0])
    assert page.url == AFTER_SIGN_IN
    dispose(other)


# What changes how somebody signs in asks for the password once more.

GUARDED = [
    ("GET", "/account/two-factor"),
    ("POST", "/account/two-factor"),
    ("POST", "/account/two-factor/removal"),
    ("POST", "/account/recovery-codes"),
    ("GET", "/account/passkeys/new"),
    ("POST", "/account/passkeys/new"),
    ("POST", "/account/passkeys/new/x"),
    ("POST", "/account/passkeys/1/removal"),
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_after_a_while_the_password_is_asked_for_again(
    clinic: Clinic, sign_in: SignIn, method: str, path: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    token = csrf_token(browser, "/account")
    stale(browser)
    answer = browser.open(path, method=method, data={"csrf_token": token})
    assert answer.status_code == 303
    back = path if method == "GET" else "/account"
    assert answer.location == f"/account/confirmation?next={back}"


def test_with_the_password_one_goes_on_and_without_it_one_doesnt(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    stale(browser)
    visitor = Visitor(browser)
    page = visitor.get("/account/two-factor")
    assert page.all("h1") == ["Your password, please"]
    page = visitor.press(page, "Continue", password="wrong")
    assert (page.status, page.all(".error")) == (422, ["This isn’t your password."])
    assert visitor.get("/account/two-factor").all("h1") == ["Your password, please"]
    page = visitor.press(visitor.get("/account/two-factor"), "Continue", password=PASSWORD)
    assert page.url == "/account/two-factor"


def test_tries_of_that_password_are_counted(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    app.config["SIGN_IN_TRIES"] = "2 per minute"
    data = {"csrf_token": csrf_token(browser, "/account"), "password": "wrong"}
    statuses = [browser.post("/account/confirmation", data=data).status_code for _ in range(3)]
    assert statuses == [422, 422, 429]


def test_what_leads_elsewhere_after_it_is_left_out(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    page = soup(browser.get("/account/confirmation?next=https://evil.example"))
    token = page.find("input", attrs={"name": "csrf_token"})["value"]
    data = {"csrf_token": token, "password": PASSWORD, "next": "https://evil.example"}
    assert browser.post("/account/confirmation", data=data).location == "/account"


@pytest.mark.parametrize(
    "path", ["/sign-in/code", "/sign-in/recovery-code", "/sign-in/second-step"]
)
def test_the_second_step_alone_leads_back_to_the_first(
    clinic: Clinic, app: Flask, sign_in: SignIn, path: str
) -> None:
    clinic()
    browser = app.test_client()
    assert browser.get(path).location == "/sign-in"
    data = {"csrf_token": csrf_token(browser, "/sign-in"), "code": "000000", "which": "webauthn"}
    assert browser.post(path, data=data).location == "/sign-in"


def test_whoever_is_signed_in_has_no_business_there_and_stays_signed_in(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    for path in ("/sign-in/code", "/sign-in/recovery-code", "/sign-in/second-step"):
        assert browser.get(path).location == AFTER_SIGN_IN
    assert browser.get("/practice/services").status_code == 200


def test_somebody_deactivated_between_the_steps_isnt_let_in(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    from sqlalchemy import update

    from portal.transaction import transaction
    from tests.clinics import NOW

    clinic()
    phone, _codes = turn_on(sign_in(BEN))
    visitor, page = first_step(app, BEN)
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == BEN).values(deactivated_at=NOW))
    page = visitor.press(page, "Sign in", code=phone.code())
    assert page.url.startswith("/sign-in")
    assert not is_in(visitor)
    with app.app_context():
        assert len(db.session.scalars(select(SignInRow)).all()) == 1


def test_the_session_is_a_new_one_after_the_second_step(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    phone, _codes = turn_on(sign_in(ANA))
    visitor, page = first_step(app)
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    visitor.press(page, "Sign in", code=phone.code())
    with visitor.client.session_transaction() as session:
        assert not [name for name in session if name == "planted" or name.startswith("tf_")]


def test_the_pages_work_for_screen_readers_by_their_headings(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    turn_on(sign_in(ANA))
    _visitor, page = first_step(app)
    for path in ("/sign-in", "/forgotten-password"):
        found = BeautifulSoup(app.test_client().get(path).text, "html.parser")
        assert len(found.select("h1")) == 1
    assert len(page.soup.select("h1")) == 1
    assert try_to_sign_in(app.test_client(), ANA).status_code == 302


def test_the_operator_lets_somebody_in_who_lost_everything(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    turn_on(sign_in(ANA))
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    run = app.test_cli_runner().invoke
    assert run(args=["password", ANA], input=typed).exit_code == 0
    assert first_step(app)[1].all("h1") == ["Your code"]
    assert run(args=["password", ANA, "--without-second-factor"], input=typed).exit_code == 0
    assert first_step(app)[1].url == AFTER_SIGN_IN
    assert stored(app).mf_recovery_codes is None
