"""The languages that the portal has, by the tags of BCP 47: "en", "pt-BR".

A language is one that the texts are translated to. Some have a variety beside them, with the same
texts but dates and amounts as another country writes them.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask, current_app
from flask_babel import force_locale, get_babel, get_translations

log = logging.getLogger(__name__)

VARIETIES = {"en": ("en-GB",)}
"""What is offered beside a language: in most of the world dates in English begin with the day."""

TRANSLATIONS = "portal/translations"
"""Where each language has its texts; `make` compiles them."""

_EXTENSION = "portal_languages"

# Templates ask with each of their texts, and Flask-Babel would find out anew each time.
_spoken: ContextVar[Any] = ContextVar("texts of the language that is spoken", default=None)


def init_app(app: Flask) -> None:
    """Look once which languages there are, and which can't be used. Needs Flask-Babel."""
    with app.app_context():
        found = {tag_of(locale) for locale in get_babel().instance.list_translations()}
        for tag in not_compiled():
            log.warning("The language %s isn't compiled: run `make languages`.", tag)
    app.extensions[_EXTENSION] = tuple(sorted(found))


def translated() -> tuple[str, ...]:
    """The languages that the texts are translated to, and the one that they're written in."""
    found: tuple[str, ...] = current_app.extensions[_EXTENSION]
    return found


def not_compiled() -> list[str]:
    """The languages whose texts are here but can't be used, because nobody has compiled them."""
    folder = Path(current_app.root_path, TRANSLATIONS)
    texts = sorted(folder.glob("*/LC_MESSAGES/messages.po"))
    return [each.parent.parent.name for each in texts if not each.with_suffix(".mo").exists()]


def languages() -> list[str]:
    """The languages that somebody can choose: those, each with its varieties after it."""
    return [tag for one in translated() for tag in (one, *VARIETIES.get(one, ()))]


def nearest(*wanted: str | None) -> str:
    """The first of these languages that the portal has, or the portal's own where it has none.

    What was chosen once may be gone since: then another variety of it will do.
    """
    has = languages()
    for tag in filter(None, wanted):
        for near in (tag, plain(tag)):
            if near in has:
                return near
    return own_language()


def own_language() -> str:
    """The language that the portal's texts are written in."""
    return tag_of(get_babel().instance.default_locale)


def plain(tag: str) -> str:
    """The language without its variety: "en" of "en-GB"."""
    return tag.partition("-")[0]


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Let texts, dates and amounts be in this language while the context lasts."""
    with force_locale(locale_of(tag)):
        before = _spoken.set(get_translations())
        try:
            yield
        finally:
            _spoken.reset(before)


def spoken_texts() -> Any:
    """The texts of the language that is spoken; None where none is, and the visitor's is meant."""
    return _spoken.get()


def name_of(tag: str) -> str:
    """What those who speak it call the language: "English", "English (United Kingdom)"."""
    name = locale_of(tag).get_display_name() or tag
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=64)
def locale_of(tag: str) -> Locale:
    """What Babel knows of the language. Raises ValueError for what is no tag."""
    return Locale.parse(tag, sep="-")


def tag_of(locale: Locale) -> str:
    """The tag of the language, as browsers write it."""
    return str(locale).replace("_", "-")
