"""A practice's own words for a message: saved, replaced by two at once, and given up again."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.actions.message_words import save_words, use_the_portals_words
from portal.db import db
from portal.errors import Changed, NotFound, WrongField
from portal.mail.own_words import SUBJECT_CHARACTERS, TEXT_CHARACTERS, OwnWords
from portal.models import Activity, MessageText
from tests.actions.sessions import acts, member
from tests.clinics import ANA, NOW

Clinic = Callable[..., None]
HELLO = OwnWords("Hello {{ client }}", "See you {{ when }}.")
BYE = OwnWords("Bye", "Bye")


def stored() -> list[tuple[str, str, str, str, int]]:
    rows = db.session.scalars(select(MessageText).order_by(MessageText.id))
    return [(row.kind, row.language, row.subject, row.text, row.version) for row in rows]


def save(own: OwnWords, seen: int, kind: str = "reminder", language: str = "en") -> None:
    save_words(kind, language, own, seen, member(ANA), NOW)


def test_they_are_stored_and_recorded_without_what_they_say(clinic: Clinic) -> None:
    clinic()
    save(HELLO, 0)
    assert stored() == [("reminder", "en", HELLO.subject, HELLO.text, 1)]
    [entry] = db.session.scalars(select(Activity).where(Activity.act == "practice.message_changed"))
    assert entry.details == {"message": "reminder", "language": "en"}
    assert (entry.by_id, entry.subject) == (member(ANA).id, "practice")


def test_the_same_words_again_change_nothing(clinic: Clinic) -> None:
    clinic()
    save(HELLO, 0)
    save(HELLO, 0)
    assert stored()[0][-1] == 1
    assert acts().count("practice.message_changed") == 1


def test_of_two_who_edit_at_once_the_second_is_told(clinic: Clinic) -> None:
    clinic()
    save(HELLO, 0)
    with pytest.raises(Changed):
        save(BYE, 0)
    save(BYE, 1)
    with pytest.raises(Changed):
        save(HELLO, 1)
    with pytest.raises(Changed):
        use_the_portals_words("reminder", "en", 1, member(ANA), NOW)
    assert stored() == [("reminder", "en", "Bye", "Bye", 2)]


def test_the_portals_words_come_back(clinic: Clinic) -> None:
    clinic()
    save(HELLO, 0)
    for _press in range(2):
        use_the_portals_words("reminder", "en", 1, member(ANA), NOW)
    assert stored() == []
    assert acts().count("practice.message_changed") == 2
    with pytest.raises(Changed):
        save(BYE, 1)


REFUSED = {
    "an unknown field": (OwnWords("Hi {{ you }}", "x"), "subject", "There is no field “you”"),
    "another message's": (OwnWords("x", "{{ used }}"), "text", "There is no field “used”"),
    "open brackets": (OwnWords("x", "{{ when"), "text", "can’t be read"),
    "no subject": (OwnWords(" ", "x"), "subject", "fill this in"),
    "no text": (OwnWords("x", " "), "text", "fill this in"),
    "a long subject": (OwnWords("x" * (SUBJECT_CHARACTERS + 1), "x"), "subject", "at most"),
    "a long text": (OwnWords("x", "x" * (TEXT_CHARACTERS + 1)), "text", "at most"),
}


@pytest.mark.parametrize(("own", "field", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_beside_its_field(
    clinic: Clinic, own: OwnWords, field: str, sentence: str
) -> None:
    clinic()
    with pytest.raises(WrongField, match=sentence) as refusal:
        save(own, 0)
    assert refusal.value.field == field
    assert stored() == []


def test_only_messages_to_clients_have_them_and_only_in_languages_with_texts(
    clinic: Clinic,
) -> None:
    clinic()
    for kind, language in (
        ("password_recovery", "en"),
        ("../base", "en"),
        ("reminder", "en-GB"),
        ("reminder", "xx"),
    ):
        with pytest.raises(NotFound):
            save(HELLO, 0, kind, language)
        with pytest.raises(NotFound):
            use_the_portals_words(kind, language, 0, member(ANA), NOW)
    assert stored() == []
