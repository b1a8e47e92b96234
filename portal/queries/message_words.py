"""The messages to clients as the settings show them: whose words they have, and how they look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.db import db
from portal.errors import NotFound
from portal.languages import nearest, plain, speaking, translated
from portal.mail.client_messages import CLIENT_MESSAGES, FIELDS, ClientMessage
from portal.mail.composing import portals_words, write
from portal.mail.outbox import Composed
from portal.mail.own_words import OwnWords
from portal.mail.practice_facts import practice_facts
from portal.mail.samples import sample_facts
from portal.models import Member, MessageText


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in the list; `own`: it has words of the practice's own."""

    kind: str
    about: ClientMessage
    own: bool


@dataclass(frozen=True, slots=True)
class Edited:
    """A message in one language; `version` counts the changes of its words, 0: the portal's.

    `fields` are pairs of a field's name and what it stands for.
    """

    kind: str
    language: str
    about: ClientMessage
    words: OwnWords
    version: int
    fields: list[tuple[str, Any]]


def default_language() -> str:
    """The language whose words are shown first: the practice's, without its variety."""
    practice = practice_facts()
    near = nearest(practice.language)
    return near if near in translated() else plain(near)


def load_messages(language: str) -> list[Listed]:
    """Every message to clients. Raises NotFound for a language without texts."""
    _require_language(language)
    own = set(db.session.scalars(select(MessageText.kind).filter_by(language=language)))
    return [Listed(kind, about, kind in own) for kind, about in CLIENT_MESSAGES.items()]


def load_message(kind: str, language: str, by: Member, now: datetime) -> Edited:
    """A message to edit: the practice's words, or the portal's to begin with. Raises NotFound."""
    about = find_message(kind, language)
    row = db.session.scalar(select(MessageText).filter_by(kind=kind, language=language))
    if row is not None:
        words = OwnWords(row.subject, row.text)
    else:
        words = portals_words(kind, language, _sample(language, by, now))
    fields = [(name, FIELDS[name]) for name in about.fields]
    return Edited(kind, language, about, words, row.version if row else 0, fields)


def find_message(kind: str, language: str) -> ClientMessage:
    """What is known of a message to clients. Raises NotFound for any other, and other languages."""
    _require_language(language)
    about = CLIENT_MESSAGES.get(kind)
    if about is None:
        raise NotFound(_("There is no such message."))
    return about


def preview(kind: str, language: str, words: OwnWords, by: Member, now: datetime) -> Composed:
    """The message with these words as a sample client would get it."""
    return write(kind, practice_facts(), language, words, _sample(language, by, now))


def _sample(language: str, by: Member, now: datetime) -> dict[str, Any]:
    with speaking(language):
        return sample_facts(practice_facts(), by.name, now)


def _require_language(language: str) -> None:
    if language not in translated():
        raise NotFound(_("The portal has no texts in this language."))
