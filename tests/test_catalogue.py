"""The texts that translators get are those that the code has, and what they made of them fits."""

import re

import pytest
from babel.messages.catalog import Message

from tests import catalogues
from tests.catalogues import Text

FOR_CLIENTS = re.compile(
    r"templates/(?:public/|(?:_new_calendar_feed|base|error|ui)\.html)"
    r"|portal/web/(?:public/|(?:errors|templating|forms/contact|forms/cancellation)\.py)"
    r"|portal/(?:actions|queries)/(?:booking|bookings|cancellation|client_bookings|guard|holding"
    r"|my_bookings|new_times|offers|rescheduling)\.py"
    r"|portal/mail/(?:calendar_entries|progress|session_facts)\.py"
    r"|templates/mail/(?:(?!account_|assigned_|password_|team_|test_)\w+(?<!_practitioner)/|\w+\.)"
)
"""The pages and mails that clients read."""

COMPLETE_FOR_CLIENTS = ["de"]


def named(found: set[Text]) -> list[str]:
    return sorted(text if isinstance(text, str) else text[0] for text in found)


def test_the_committed_texts_are_those_of_the_code() -> None:
    code, committed = set(catalogues.in_code()), catalogues.texts(catalogues.template())
    assert (named(code - committed), named(committed - code)) == ([], []), "run `make catalogue`"


def test_every_language_has_these_texts_and_no_others() -> None:
    committed = catalogues.texts(catalogues.template())
    for language, catalog in catalogues.translations():
        has = catalogues.texts(catalog)
        assert (language, named(has ^ committed)) == (language, []), "run `make catalogue`"
        assert not catalog.obsolete


def test_translations_have_the_fields_of_their_texts() -> None:
    faults = [
        f"{language}: {message.id!r}: {fault}"
        for language, catalog in catalogues.translations()
        for message in catalog
        if message.id and is_translated(message)
        for fault in message.check(catalog)
    ]
    faults += [
        f"{language}: {message.id!r}: its fields are others"
        for language, catalog in catalogues.translations()
        for message in catalog
        if isinstance(message.id, str) and message.id and message.string
        if fields(message.id) != fields(message.string)
    ]
    assert not faults


def fields(text: str) -> set[str]:
    return set(catalogues.FIELD.findall(text)) - {"%%"}


@pytest.mark.parametrize("language", COMPLETE_FOR_CLIENTS)
def test_clients_read_one_language_throughout(language: str) -> None:
    catalog = dict(catalogues.translations())[language]
    translated = {
        catalogues.text_of(message) for message in catalog if message.id and is_translated(message)
    }
    wanted = {text for text, files in catalogues.in_code().items() if any(map(is_public, files))}
    assert len(wanted) > 300
    assert not named(wanted - translated)


def is_translated(message: Message) -> bool:
    strings = [message.string] if isinstance(message.string, str) else message.string
    return all(strings) and not message.fuzzy


def is_public(file: str) -> bool:
    return bool(FOR_CLIENTS.match(file))
