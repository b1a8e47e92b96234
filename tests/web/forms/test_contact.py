"""What a client types, cleaned."""

from typing import Any

import pytest
from flask import Flask

from portal.actions.booking import Contact
from portal.web.forms import one_line, some_lines
from portal.web.forms.contact import ContactForm

LEE = {"name": "Lee Park", "email": "lee@example.com", "phone": "", "note": ""}


def errors(app: Flask, **typed: Any) -> dict[str, list[str]]:
    with app.test_request_context(method="POST", data={**LEE, **typed}):
        form = ContactForm(has_terms=False, meta={"csrf": False})
        form.validate()
        return {name: list(map(str, found)) for name, found in form.errors.items()}


def contact(app: Flask, **typed: Any) -> Contact:
    with app.test_request_context(method="POST", data={**LEE, **typed}):
        form = ContactForm(has_terms=False, meta={"csrf": False})
        assert form.validate(), form.errors
        return form.contact()


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  Lee   Park ", "Lee Park"),
        ("Lee\r\nBcc: all@example.com", "Lee Bcc: all@example.com"),
        ("Lee\0\x1b[31m", "Lee[31m"),
        ("Lee\u202eKraP", "LeeKraP"),
        ("Lee\ud800", "Lee"),
        ("Le\u0301a", "Léa"),
        ("李 小龙 👋", "李 小龙 👋"),
        (None, ""),
    ],
)
def test_one_line_holds_nothing_that_could_start_another(typed: str, cleaned: str) -> None:
    assert one_line(typed) == cleaned


def test_some_lines_keep_their_breaks_and_nothing_else_unprintable() -> None:
    assert some_lines(" a\r\nb\rc\u2028d\0 \n\n") == "a\nb\nc\nd"
    assert some_lines(None) == ""


def test_an_address_is_taken_in_lower_case_and_a_missing_phone_is_none(app: Flask) -> None:
    typed = contact(app, email=" Lee@Example.COM ", note="One.\r\nTwo.")
    assert typed == Contact("Lee Park", "lee@example.com", None, "One.\nTwo.")


def test_a_domain_outside_of_ascii_is_written_as_mail_servers_write_it(app: Flask) -> None:
    assert contact(app, email="lee@bücher.example.com").email == "lee@xn--bcher-kva.example.com"


@pytest.mark.parametrize("phone", ["+1 (555) 010-0199", "030/12345", "55501", "٠١٢٣٤٥"])
def test_numbers_are_taken_as_people_write_them(app: Flask, phone: str) -> None:
    assert contact(app, phone=phone).phone == phone


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "\t \u202e"),
        ("name", "x" * 201),
        ("email", ""),
        ("email", "lee"),
        ("email", "a@example.com,b@example.com"),
        ("phone", "1" * 41),
        ("phone", "1234"),
        ("phone", "call me maybe 12345"),
        ("note", "x" * 2001),
    ],
)
def test_what_is_wrong_is_said_of_its_field(app: Flask, field: str, typed: str) -> None:
    assert list(errors(app, **{field: typed})) == [field]
