"""Mails in the reader's language: a client's, a member's, or else the practice's."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import get_locale, refresh

from portal import clinic_file, create_app, mail
from portal.languages import languages, name_of, nearest, speaking, translated
from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, NOW, lee, reset_clinic
from tests.conftest import SECRET_KEY, dispose
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TEN, latest, lee_books, one
from tests.mail.samples import add_german, in_own_words

Clinic = Callable[..., None]


@pytest.fixture
def german_too(sqlite_database: str, tmp_path: Path) -> Iterator[Flask]:
    """An application that has German besides English."""
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": sqlite_database,
            "BABEL_TRANSLATION_DIRECTORIES": add_german(tmp_path / "translations"),
        }
    )
    with app.app_context():
        # All applications of a process share what Flask-Babel has read of a language.
        read = app.extensions["babel"].instance.domain_instance.cache
        read.clear()
        yield app
        read.clear()
    dispose(app)


@pytest.fixture
def clinic(german_too: Flask) -> Clinic:
    """Load the clinic of the scenarios with the client Lee."""

    def load(**changes: Any) -> None:
        clinic_file.load(reset_clinic(**{"clients": [lee()], **changes}), NOW)

    return load


def test_a_client_reads_their_own_language_with_its_dates(clinic: Clinic) -> None:
    clinic(clients=[lee(language="de")])
    to_lee, to_cho = lee_books(instant=True)
    assert to_lee.subject == "Ihr Termin: Follow-up bei Cho Park, Di., 2. März, 10:00"
    assert text_of(to_lee).startswith("Guten Tag Lee Park,\n\nIhr Termin ist gebucht:\n")
    assert "Wann: Dienstag, 2. März 2027, 10:00–11:00 (Nordamerikanische" in text_of(to_lee)
    assert '<html lang="de">' in html_of(to_lee)
    assert "SUMMARY:Follow-up bei Cho Park" in calendar_of(to_lee)
    assert text_of(to_cho).startswith("Hello Cho Park,")
    assert "When: Tuesday, March 2, 2027, 10:00–11:00 (Eastern Time)" in text_of(to_cho)


def test_a_minute_is_one_minute(clinic: Clinic) -> None:
    clinic()
    to_lee, _to_cho = lee_books(instant=True, ends_at=TEN + timedelta(minutes=1))
    assert "Follow-up, 1 minute\n" in text_of(to_lee)
    assert "<strong>Follow-up, 1 minute</strong>" in html_of(to_lee)


def test_whoever_has_no_language_reads_the_practices(clinic: Clinic) -> None:
    clinic(practice={"language": "de"})
    to_lee, to_cho = lee_books(instant=True)
    assert text_of(to_lee).startswith("Guten Tag Lee Park,")
    assert text_of(to_cho).startswith("Guten Tag Cho Park,")


def test_a_member_reads_theirs(clinic: Clinic) -> None:
    clinic(practice={"language": "de"})
    with transaction() as session:
        one(Member, email=ANA).language = "en"
        mail.password_recovery(session, one(Member, email=ANA), "token", NOW)
    assert latest().subject == "Choose a new password for Riverside Clinic"


def test_dates_in_english_are_british_where_that_is_chosen(clinic: Clinic) -> None:
    clinic(clients=[lee(language="en-GB")])
    to_lee, _ = lee_books(instant=True)
    assert to_lee.subject.endswith("Tue 2 Mar, 10:00")
    assert "Tuesday, 2 March 2027" in text_of(to_lee)
    assert '<html lang="en-GB">' in html_of(to_lee)


def test_the_language_of_whoever_acts_stays_as_it_was(clinic: Clinic, german_too: Flask) -> None:
    clinic(clients=[lee(language="de")])
    with german_too.test_request_context(headers={"Accept-Language": "en"}):
        lee_books(instant=True)
        assert str(get_locale()) == "en"
        hello = german_too.jinja_env.from_string("{{ _('Hello %(name)s,', name='Lee') }}")
        with speaking("de"):
            with speaking("en"):
                assert hello.render() == "Hello Lee,"
            assert hello.render() == "Guten Tag Lee,"
        assert hello.render() == "Hello Lee,"


def test_own_words_are_those_of_the_readers_language(clinic: Clinic) -> None:
    clinic(clients=[lee(language="de")])
    in_own_words("booking_made", "English", "English")
    assert text_of(lee_books(instant=True)[0]).startswith("Guten Tag")


def test_a_variety_has_the_words_of_its_language(clinic: Clinic) -> None:
    clinic(clients=[lee(language="en-GB")])
    in_own_words("booking_made", "{{ when }}", "Hi {{ client }}")
    to_lee, _ = lee_books(instant=True)
    assert to_lee.subject == "Tue 2 Mar, 10:00"
    assert text_of(to_lee).startswith("Hi Lee Park\n")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(["de"], "de", id="one that it has"),
        pytest.param(["en-GB"], "en-GB", id="a variety that it has"),
        pytest.param(["de-AT"], "de", id="one that has gone, or never was"),
        pytest.param([None, "de"], "de", id="the practice's"),
        pytest.param(["fr", "de"], "de", id="the practice's, for one that it lacks"),
        pytest.param(["fr", "it"], "en", id="the portal's own"),
    ],
)
def test_the_nearest_language_is_taken(
    german_too: Flask, wanted: list[str | None], found: str
) -> None:
    assert nearest(*wanted) == found


def test_languages_are_offered_with_their_varieties_and_own_names(german_too: Flask) -> None:
    assert translated() == ("de", "en")
    assert [name_of(tag) for tag in languages()] == [
        "Deutsch",
        "English",
        "English (United Kingdom)",
    ]


def test_a_visitor_who_reads_none_of_them_sees_the_practices(
    clinic: Clinic, german_too: Flask
) -> None:
    clinic(practice={"language": "de"})
    for header, language in (("fr", "de"), ("fr, en;q=0.5", "en"), ("en-GB", "en-GB")):
        # The test's own context stands around each request, and remembers the last one's.
        refresh()
        page = german_too.test_client().get("/book/reset", headers={"Accept-Language": header})
        assert f'<html lang="{language}"' in page.text
