"""The mail that asks a client to book a package."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.models import Client, Package, Practice
from portal.transaction import transaction
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import html_of, text_of
from tests.mail.messages import TOKEN, invite_lee

Clinic = Callable[..., None]


def test_it_names_the_sender_and_the_package_and_has_the_link(clinic: Clinic) -> None:
    clinic()
    agrees_with_golden_files(invite_lee(), "invite_to_book")


def test_it_has_the_line_that_the_sender_added(clinic: Clinic) -> None:
    clinic()
    mail = invite_lee(line="It was good to see you.\nMornings are quietest <3")
    agrees_with_golden_files(mail, "invite_to_book_with_a_line")


def test_its_link_is_made_from_the_base_url_and_not_from_the_visitors_word(
    clinic: Clinic, app: Flask
) -> None:
    clinic()
    app.config["BASE_URL"] = "https://book.example.com"
    with app.test_request_context("/", headers={"Host": "evil.example"}):
        mail = invite_lee()
    address = f"https://book.example.com/book/reset?invite={TOKEN}"
    assert address in text_of(mail)
    assert f'href="{address}"' in html_of(mail)
    assert "evil" not in text_of(mail) + html_of(mail)
    assert mail.message_id.endswith("@book.example.com>")


PAYLOADS = [
    "Lee\r\nBcc: victim@example.com",
    "Lee\nSubject: Free pills",
    "Lee\rX-Header: 1",
    "Lee\x85Bcc: victim@example.com",
    "Lee\u2028Bcc: victim@example.com",
    "Lee\x1b[31m\x07",
    "Lee \u202egnp.exe",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} %(practice)s %s",
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_names_start_no_header_no_markup_and_no_line(clinic: Clinic, payload: str) -> None:
    clinic()
    with transaction() as session:
        session.execute(update(Client).values(name=payload))
        session.execute(update(Package).values(name=payload))
        session.execute(update(Practice).values(name=payload))
    mail = invite_lee()
    assert mail.subject.isprintable()
    assert all(line.isprintable() for line in text_of(mail).split("\n"))
    assert not [
        line for line in text_of(mail).splitlines() if line.startswith(("Bcc", "Subject", "X-"))
    ]
    assert "<script>" not in html_of(mail)
    assert "49" not in mail.subject
