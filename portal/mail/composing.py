"""Writing a message: in its reader's language, and in the practice's own words if it has some.

Each has a folder in templates/mail/. `words.txt` there holds its subject, its title, and the words
that a practice may replace by its own; `body.html` and `body.txt` are what always follows them:
whom, what, when and where, and what can be done next.

Here everything is decided that a message says. The bodies are made of that when it's sent: see
bodies.py.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from jinja2 import Template

from portal.colours import OWN_ACCENT, on_dark, on_light, written
from portal.languages import nearest, speaking
from portal.mail import links
from portal.mail.client_messages import CLIENT_MESSAGES
from portal.mail.outbox import Composed, one_line, some_lines
from portal.mail.own_words import OwnWords, find_own_words, in_own_words
from portal.mail.plain_booking import Reader
from portal.mail.practice_facts import PracticeFacts

SUBJECT_CHARACTERS = 200

QUOTED = frozenset({"line", "note", "reason", "staff_note"})
"""What somebody wrote in several lines; everything else is put on one."""

EMPTY = dict.fromkeys(("before", "book_next", "email", "for_staff", "package", "progress", "see"))
"""What the parts that messages share ask for, where a message has nothing to say of it."""


def compose(
    kind: str, practice: PracticeFacts, reader: Reader | None, /, **context: Any
) -> Composed:
    """Write the message in the reader's language, or in the practice's where they have none.

    The practice's own words take the place of the portal's, unless they can't be used any more.
    """
    language = readers_language(reader, practice)
    own = find_own_words(kind, language) if kind in CLIENT_MESSAGES else None
    return write(kind, practice, language, own, context)


def readers_language(reader: Reader | None, practice: PracticeFacts) -> str:
    """The language in which they're written to: theirs, or the practice's."""
    return nearest(reader.language if reader else None, practice.language)


def write(
    kind: str,
    practice: PracticeFacts,
    language: str,
    own: OwnWords | None,
    context: Mapping[str, Any],
) -> Composed:
    """Write the message in this language, with these words of the practice's own if there are."""
    with speaking(language):
        known = _context(kind, practice, language, context)
        said = in_own_words(own, _fields(kind, known)) if own else None
        title, *portals = _words(kind, known, "title", "subject", "words")
        subject, words = said or portals
        known |= {
            "own_words": said is not None,
            "title": one_line(title),
            "words": some_lines(words),
        }
    return Composed(kind, _short(one_line(subject)), language, known)


def portals_words(kind: str, language: str, sample: Mapping[str, Any]) -> OwnWords:
    """The portal's own words for a message, with the names of fields where a text has values.

    `sample` are facts such as the message might have.
    """
    names = {name: f"{{{{ {name} }}}}" for name in CLIENT_MESSAGES[kind].fields}
    with speaking(language):
        known = dict(sample) | names
        subject, words = _words(kind, known, "subject", "words")
    return OwnWords(one_line(subject), some_lines(words))


def _context(
    kind: str, practice: PracticeFacts, language: str, context: Mapping[str, Any]
) -> dict[str, Any]:
    accent = practice.accent or OWN_ACCENT
    light, dark = on_light(accent), on_dark(accent)
    known = {
        **EMPTY,
        "for_client": kind in CLIENT_MESSAGES,
        "my_bookings": links.my_bookings(),
        **context,
        "practice": practice.name,
        "light": {"accent": written(light.accent), "tint": written(light.tint)},
        "dark": {"accent": written(dark.accent), "tint": written(dark.tint)},
    }
    for name, value in known.items():
        if isinstance(value, str):
            known[name] = (some_lines if name in QUOTED else one_line)(value)
    return known | _said(known, language)


def _said(known: Mapping[str, Any], language: str) -> dict[str, str]:
    """Times, dates and places in words, in the language that is spoken."""
    said = {}
    if "start" in known:
        template = current_app.jinja_env.get_template("mail/session.txt")
        macros: Any = template.module
        place = (known[name] for name in ("delivery", "place", "video_link", "phone"))
        times = (known["start"], known["end"])
        said["when"], said["day_and_time"] = _times(template, language, *times, known["zone"])
        if known["own_zone"]:
            _, said["own_day_and_time"] = _times(template, language, *times, known["own_zone"])
        said["where"] = one_line(macros.where(*place))
        if known["before"]:
            moved = (known[name] for name in ("before", "zone", "same_person", "former"))
            said["was"] = one_line(macros.before(*moved))
    if isinstance(until := known.get("until"), date):
        said["until"] = current_app.jinja_env.filters["long_date"](until)
    return said


@lru_cache(maxsize=256)
def _times(
    template: Template, _language: str, start: datetime, end: datetime, zone: ZoneInfo
) -> tuple[str, str]:
    """From when to when, in short and in full: each mail about a session says it."""
    macros: Any = template.module
    return macros.short(start, zone), macros.when(start, end, zone)


def _fields(kind: str, known: Mapping[str, Any]) -> dict[str, str]:
    """The values of the fields that the practice's own words can have; empty where there's none."""
    return {name: str(known.get(name) or "") for name in CLIENT_MESSAGES[kind].fields}


def _words(kind: str, known: Mapping[str, Any], *blocks: str) -> list[str]:
    """What these blocks of the message's words.txt say."""
    template = current_app.jinja_env.get_template(f"mail/{kind}/words.txt")
    context = template.new_context(dict(known))
    return ["".join(template.blocks[block](context)) for block in blocks]


def _short(subject: str) -> str:
    if len(subject) <= SUBJECT_CHARACTERS:
        return subject
    return subject[: SUBJECT_CHARACTERS - 1] + "…"
