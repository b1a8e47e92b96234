"""What somebody types stays what it is: no second reader, header, calendar entry or markup.

Every message has every payload in every one of its fields, and is looked at as a real mail server
got it, by the standard library's parser.
"""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from portal import mail
from portal.mail import Change
from portal.mail.booking_moved import Before, booking_moved
from portal.mail.client_messages import CLIENT_MESSAGES
from portal.mail.composing import compose
from portal.mail.outbox import TURNING, AnySession, put_in_outbox
from portal.models import (
    Booking,
    Client,
    ClientLink,
    ClientPackage,
    Invite,
    Member,
    MessageText,
    Package,
    Practice,
    Role,
    Service,
    TeamInvitation,
)
from portal.scheduling.eligibility import Kind
from portal.tokens import new_token, token_hash
from portal.transaction import transaction
from portal.worker import send_due_mail
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW
from tests.conftest import ROOT
from tests.mail.mail_server import MailServer
from tests.mail.messages import lee_books, messages, one

# What a mail says has nothing to do with the database.
pytestmark = pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True
)

Clinic = Callable[..., None]

ENDS = ("\r", "\n", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\0")
PAYLOADS = (
    *(f"x{end}Bcc: eve@example.com{end}{end}<b>bold</b>" for end in ENDS),
    *(f"x{end}ATTENDEE:mailto:eve@example.com{end}END:VEVENT{end}BEGIN:VEVENT" for end in ENDS),
    'eve@example.com, <mal@example.com>; "Eve" <eve@example.com>',
    "\u202e\u2066turned\u2069\u202c",
    "{{ 7*7 }}{% for x in y %}{{ config }}{# … #}${7*7}%(name)s%s",
    '<script>alert(1)</script><img src=x onerror=alert(1)>"\'><a href="javascript:alert(1)">',
    "=?utf-8?q?Bcc=3A_eve=40example=2Ecom?=",
    "\ufeff\ufffe&amp;&lt;",
)
TYPED = {"all at once": " ".join(PAYLOADS), "10,000 characters": "x" * 9_999 + "ö"}

HEADERS = {
    *("content-type", "mime-version", "subject", "from", "to", "date", "message-id"),
    "auto-submitted",
}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "div", "h1", "p", "strong", "br", "a"),
    *("ul", "li"),
}
ATTRIBUTES = {"charset", "class", "content", "href", "lang", "name", "style"}
ENTRY = {
    *("UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "SUMMARY", "LOCATION"),
    *("DESCRIPTION", "ORGANIZER", "ATTENDEE", "CLASS", "CONFERENCE", "TRANSP"),
}


def fill(session: AnySession, words: str) -> None:
    """Everybody and everything is called that."""
    for model, names in {
        Client: ("name", "phone"),
        Member: ("name",),
        Service: ("name", "place", "video_link"),
        Package: ("name",),
        Practice: ("name", "place"),
    }.items():
        for row in session.scalars(select(model)):
            for name in names:
                setattr(row, name, words)
    one(Role, name="Coach").name = words
    one(Member, email=ANA).told_of_assigned = True
    one(Practice).running_out_at = 100


def write_all(words: str) -> None:
    """Put every message that there is into the outbox."""
    with transaction() as session:
        fill(session, words)
    written = {"note": words, "staff_note": words, "cancel_reason": words}
    lee_books(delivery="in_person", **written)
    ben = one(Member, email=BEN)
    lee_books(instant=True, member=ben, delivery="video", **written)
    booking = one(Booking, member_id=one(Member, email=CHO).id)
    with transaction() as session:
        _about(session, booking)
        _about_packages_and_people(session, words)


def _about(session: AnySession, booking: Booking) -> None:
    dee, ben = one(Member, email=DEE), one(Member, email=BEN)
    for write in (mail.booking_accepted, mail.booking_declined, mail.booking_cancelled):
        write(session, booking, dee, new_token(), NOW)
    for tell in (mail.booking_lapsed, mail.booking_restored):
        tell(session, booking, new_token(), NOW)
    for kept in (True, False):
        mail.booking_cancelled_by_client(session, booking, kept, new_token(), NOW)
    for by in (dee, None):
        before = Before(ben, booking.starts_at)
        booking_moved(session, booking, before, by, new_token(), NOW)
    # Nobody is reminded of a request.
    booking.confirmed_at = NOW
    mail.reminder(session, booking, 60, new_token(), NOW)


def _about_packages_and_people(session: AnySession, words: str) -> None:
    ana, client, practice = one(Member, email=ANA), one(Client, email=LEE), one(Practice)
    mail.package_received(session, session.get_one(ClientPackage, 1), NOW)
    invite = Invite(package=one(Package), client=client, sent_by=ana, line=words, created_at=NOW)
    invite.token_hash = token_hash(new_token())
    link = ClientLink(client=client, token_hash=token_hash(new_token()), created_at=NOW)
    link.expires_at = NOW
    invitation = TeamInvitation(email="gus@example.com", name=words, kind=Kind.ADMIN)
    invitation.role, invitation.invited_by = session.get_one(Member, ana.id).role, ana
    invitation.token_hash = token_hash(new_token())
    invitation.sent_at = invitation.expires_at = NOW
    session.add_all((invite, link, invitation))
    mail.invite_to_book(session, invite, new_token(), NOW)
    letter = mail.composed_sign_in_link(session, client, words, new_token())
    mail.sign_in_link(session, link, letter, NOW)
    mail.team_invitation(session, invitation, new_token(), NOW)
    mail.client_address_changed(session, client, NOW)
    mail.password_recovery(session, ana, new_token(), NOW)
    mail.account_changed(session, ana, Change.EMAIL, NOW, by=ana)
    put_in_outbox(session, "test", ANA, compose("test_message", practice, None), NOW)


def send_all() -> None:
    assert send_due_mail(NOW) == len(messages())


def parts(got: EmailMessage) -> dict[str, str]:
    """What it's made of, by kind; each kind is there once."""
    found = [part for part in got.walk() if part.get_content_maintype() != "multipart"]
    kinds = {part.get_content_type(): part for part in found}
    assert len(kinds) == len(found)
    return {kind: part.get_content() for kind, part in kinds.items()}


def looks_like_one_mail(raw: bytes, got: EmailMessage, recipients: list[str]) -> None:
    """It has one reader, one sender, a subject, no other header than ours, and our lines."""
    names = [name.lower() for name in got]
    assert set(names) <= HEADERS
    assert len(names) == len(set(names))
    [to], [sender] = got["To"].addresses, got["From"].addresses
    assert recipients == [to.addr_spec]
    assert to.addr_spec in {LEE, ANA, BEN, CHO, DEE, "gus@example.com"}
    assert sender.addr_spec == "bookings@localhost"
    assert len(got["Subject"]) <= 200
    assert len(got["Subject"].splitlines()) == 1
    assert got["Subject"].isprintable()
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\0" not in raw
    assert [part for part in got.walk() if part.defects] == []


def looks_like_plain_text(text: str) -> None:
    assert not TURNING & set(text)
    ends = {"\0", "\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\r"}
    assert not ends & set(text.replace("\r\n", "\n"))


def looks_like_our_html(html: str, base_url: str) -> None:
    """Its tags are ours, and every link leads to the site."""
    page = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in page.find_all(True)} <= TAGS
    assert {name for tag in page.find_all(True) for name in tag.attrs} <= ATTRIBUTES
    assert all(link["href"].startswith(f"{base_url}/") for link in page.find_all("a"))
    assert not TURNING & set(html)
    [style] = page.find_all("style")
    assert "eve" not in style.text


def looks_like_one_session(calendar: str) -> None:
    lines = calendar.replace("\r\n ", "").split("\r\n")
    assert sum(line == "BEGIN:VEVENT" for line in lines) == 1
    assert not {"\r", "\n", "\0"} & set("".join(lines))
    [event] = Calendar.from_ical(calendar).walk("VEVENT")
    assert set(event) <= ENTRY
    assert event["ATTENDEE"] == f"mailto:{LEE}"
    assert event["ORGANIZER"] == "mailto:bookings@localhost"


@pytest.mark.parametrize("words", TYPED.values(), ids=TYPED)
def test_whatever_is_typed_every_message_is_one_mail_of_ours(
    clinic: Clinic, app: Flask, mail_server: MailServer, words: str
) -> None:
    clinic()
    write_all(words)
    folders = {path.name for path in (ROOT / "templates/mail").iterdir() if path.is_dir()}
    assert {message.kind for message in messages()} == folders
    send_all()
    assert len(mail_server.mails) == len(messages())
    calendars = 0
    for raw, got, to in zip(
        mail_server.raw, mail_server.mails, mail_server.recipients, strict=True
    ):
        looks_like_one_mail(raw, got, to)
        found = parts(got)
        looks_like_plain_text(found["text/plain"])
        looks_like_our_html(found["text/html"], app.config["BASE_URL"])
        if "text/calendar" in found:
            looks_like_one_session(found["text/calendar"])
            calendars += 1
    assert calendars >= 10


def test_fields_in_own_words_are_as_harmless(
    clinic: Clinic, app: Flask, mail_server: MailServer
) -> None:
    clinic()
    own = " ".join(each for each in PAYLOADS if "{" not in each)
    with transaction() as session:
        for kind, about in CLIENT_MESSAGES.items():
            fields = " ".join(f"{{{{ {name} }}}}" for name in about.fields)
            text = MessageText(kind=kind, language="en", subject=f"{own} {fields}")
            text.text = f"{own}\n\n{fields}"
            session.add(text)
    write_all(TYPED["all at once"])
    send_all()
    of_clients = 0
    for raw, got, to in zip(
        mail_server.raw, mail_server.mails, mail_server.recipients, strict=True
    ):
        looks_like_one_mail(raw, got, to)
        found = parts(got)
        looks_like_plain_text(found["text/plain"])
        looks_like_our_html(found["text/html"], app.config["BASE_URL"])
        if to == [LEE]:
            of_clients += 1
            assert got["Subject"].startswith("x Bcc: eve@example.com <b>bold</b> x Bcc")
            assert "{{ 7*7 }}" in found["text/plain"]
    assert of_clients >= len(CLIENT_MESSAGES)
