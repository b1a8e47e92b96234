"""Languages for tests: those of the portal compiled, and one that shows what isn't translated."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.languages import TRANSLATIONS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / TRANSLATIONS
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
Text = str | tuple[str, str]
"""A text, or one for one thing and one for several."""


@cache
def in_code() -> dict[Text, set[str]]:
    """Every text that is marked, with the files it stands in."""
    with (FOLDER / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found: dict[Text, set[str]] = {}
    for folder in ("portal", "templates"):
        for file, _line, text, *_ in extract_from_dir(ROOT / folder, methods, options, KEYWORDS):
            found.setdefault(text, set()).add(f"{folder}/{file}")
    return found


def texts(catalog: Iterable[Message]) -> set[Text]:
    """The texts in a catalogue."""
    return {text_of(message) for message in catalog if message.id}


def text_of(message: Message) -> Text:
    """What is translated there."""
    return tuple(message.id) if message.pluralizable else message.id


def template() -> Catalog:
    """All texts, as they're committed."""
    return _read(FOLDER / "messages.pot")


def translations() -> Iterator[tuple[str, Catalog]]:
    """Each language with its catalogue, as they're committed."""
    for path in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        yield path.parent.parent.name, _read(path, path.parent.parent.name)


def _read(path: Path, locale: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def compile_languages() -> None:
    """What `make languages` does, for whoever starts pytest by itself."""
    for path in FOLDER.glob("*/LC_MESSAGES/messages.po"):
        compiled = path.with_suffix(".mo")
        with suppress(FileNotFoundError):
            if compiled.stat().st_mtime >= path.stat().st_mtime:
                continue
        _write(_read(path, path.parent.parent.name), compiled)


def _write(catalog: Catalog, path: Path) -> None:
    """Write it at once: another process may be reading the one before."""
    new = path.with_suffix(f".{os.getpid()}")
    with new.open("wb") as file:
        write_mo(file, catalog)
    new.replace(path)


# A language in which every text has brackets around it, and what the text is about hasn't.

LANGUAGE_OF_BRACKETS = "eo"
OPENING, CLOSING = "⟦", "⟧"
FIELD = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")


def add_bracketed(folder: Path) -> str:
    """Write it as Esperanto; returns the folder for BABEL_TRANSLATION_DIRECTORIES."""
    catalog = Catalog(locale=LANGUAGE_OF_BRACKETS)
    for text in texts(template()):
        if isinstance(text, str):
            catalog.add(text, bracketed(text))
        else:
            catalog.add(text, tuple(map(bracketed, text)))
    path = folder / LANGUAGE_OF_BRACKETS / "LC_MESSAGES"
    path.mkdir(parents=True)
    _write(catalog, path / "messages.mo")
    return str(folder)


def bracketed(text: str) -> str:
    """The text within brackets."""
    return f"{OPENING}{text}{CLOSING}"
