"""A practice's own words for a message: what can stand in them, and what always follows them."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.mail.client_messages import CLIENT_MESSAGES, FIELDS
from portal.mail.composing import portals_words, write
from portal.mail.own_words import OwnWords, fault_in, in_own_words
from portal.mail.practice_facts import practice_facts
from portal.mail.samples import sample_facts
from tests.clinics import NOW
from tests.mail import samples
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import html_of, text_of
from tests.mail.messages import lee_books

Clinic = Callable[..., None]
NAMES = ("client", "when")

FAULTS = {
    "a field that it hasn't": ("Hi {{ name }}", "There is no field “name”"),
    "a field of another message": ("Hi {{ used }}", "There is no field “used”"),
    "a name of Jinja's own": ("{{ range }}", "There is no field “range”"),
    "brackets that don't close": ("Hi\n{{ client", "Line 2 can’t be read"),
    "nothing in the brackets": ("{{ }}", "Line 1 can’t be read"),
    "two words": ("{{ the client }}", "Line 1 can’t be read"),
    "arithmetic": ("\n\n{{ 7*7 }}", "Line 3: only a field’s name"),
    "an attribute": ("{{ client.__class__ }}", "only a field’s name"),
    "an item": ("{{ client[0] }}", "only a field’s name"),
    "a filter": ("{{ client | upper }}", "only a field’s name"),
    "a call": ("{{ client() }}", "only a field’s name"),
    "a text in quotes": ('{{ "client" }}', "only a field’s name"),
    "a loop": ("{% for x in client %}x{% endfor %}", "“{%” can’t be used"),
    "a condition": ("{% if client %}x{% endif %}", "“{%” can’t be used"),
    "an assignment": ("{% set client = 1 %}", "“{%” can’t be used"),
    "another file": ("{% include 'mail/base.txt' %}", "“{%” can’t be used"),
    "a tag that makes nothing": ("{% raw %}{{ x }}{% endraw %}", "“{%” can’t be used"),
    "a comment": ("{# only for us #}", "“{#” can’t be used"),
    "a thousand brackets": ("{{ " + "(" * 2000 + "client", "can’t be read"),
    "half of a tag": ("We give 50 {% off", "can’t be read"),
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.values(), ids=FAULTS)
def test_only_text_and_fields_can_stand_in_them(text: str, sentence: str) -> None:
    assert sentence in (fault_in(text, NAMES) or "")


@pytest.mark.parametrize(
    "text", ["Hi {{ client }}, see you {{when}}.", "{ } %", "100 % {curly} }}", "", "<b>{{client}}"]
)
def test_text_with_fields_is_fine(text: str) -> None:
    assert fault_in(text, NAMES) is None


def test_what_a_field_says_is_never_read_as_a_field() -> None:
    own = OwnWords("{{ client }}", "{{ client }} {{ when }}")
    fields = {"client": "{{ when }} {% raw %}", "when": "{{ 7*7 }}"}
    assert in_own_words(own, fields) == ("{{ when }} {% raw %}", "{{ when }} {% raw %} {{ 7*7 }}")


def test_a_text_that_names_a_long_field_often_stays_within_bounds() -> None:
    said = in_own_words(OwnWords("x", "{{ client }}" * 400), {"client": "x" * 20_000})
    assert said
    assert len(said[1]) == 400 * 500


def test_the_practices_words_stand_before_the_facts(clinic: Clinic) -> None:
    clinic(practice={"place": "12 River Street", "accent": "#7a4bb5"})
    samples.in_own_words(
        "booking_made",
        "See you {{ when }}, {{ client }}",
        "Dear {{ client }},\n\nwe’re <happy> to see you.\nBring {{ service }} & {{ package }}.",
    )
    mail, _ = lee_books(instant=True, used=2)
    agrees_with_golden_files(mail, "booking_made_in_own_words")
    for words in ("Cho Park", "10:00–11:00 (Eastern Time)", "12 River Street", "2 of 4 used"):
        assert words in text_of(mail)
        assert words in html_of(mail)
    assert "we’re &lt;happy&gt; to see you.<br>\n" in html_of(mail)
    assert "Your session is booked\n" in text_of(mail)


def test_words_that_break_later_give_way_to_the_portals(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    clinic()
    samples.in_own_words("booking_made", "Hello", "{{ a_field_of_last_year }}")
    with caplog.at_level(logging.WARNING):
        mail, _ = lee_books(instant=True)
    assert mail.subject.startswith("Your session is booked: Follow-up")
    assert text_of(mail).startswith("Hello Lee Park,\n\nYour session is booked:\n")
    assert "own words can't be used any more" in caplog.text
    assert "a_field_of_last_year" not in caplog.text


@pytest.mark.parametrize("kind", CLIENT_MESSAGES)
def test_each_message_to_clients_can_be_edited_and_says_its_facts_all_the_same(
    clinic: Clinic, kind: str
) -> None:
    clinic(practice={"place": "12 River Street"})
    practice = practice_facts()
    facts = sample_facts(practice, "Ana Ruiz", NOW)
    words = portals_words(kind, "en", facts)
    names = CLIENT_MESSAGES[kind].fields
    assert set(names) <= set(FIELDS)
    for part in (words.subject, words.text):
        assert fault_in(part, names) is None
    assert words.text.startswith("Hello {{ client }},\n\n")
    portals = write(kind, practice, "en", None, facts)
    with_them = write(kind, practice, "en", words, facts)
    own = write(kind, practice, "en", OwnWords("Own subject", "Own text"), facts)
    assert with_them.subject == portals.subject
    assert own.subject == "Own subject"
    for text in (own.text, own.html):
        assert "Own text" in text
        assert "/my-bookings" in text
        assert "Hello Lee Sample" not in text
        if "when" in names:
            for fact in ("Follow-up, 60 minutes", "With: Ana Ruiz", "10:00–11:00 (Eastern Time)"):
                assert fact in text
        if "package" in names and "when" not in names:
            assert "Three months" in text
    title = own.html.partition("<title>")[2].partition("</title>")[0]
    assert title in own.text


def test_the_sample_is_a_session_of_tomorrow(clinic: Clinic) -> None:
    clinic()
    facts = sample_facts(practice_facts(), "Ana Ruiz", NOW)
    assert facts["start"] == NOW + timedelta(hours=26)
