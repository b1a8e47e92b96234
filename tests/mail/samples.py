"""A language that only the tests have, and words of a practice's own."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from portal.models import MessageText
from portal.transaction import transaction

GERMAN = {
    "Hello %(name)s,": "Guten Tag %(name)s,",
    "Your session is booked:": "Ihr Termin ist gebucht:",
    "Your session is booked": "Ihr Termin",
    "Your session is booked: %(service)s with %(practitioner)s, %(when)s": (
        "Ihr Termin: %(service)s bei %(practitioner)s, %(when)s"
    ),
    "When: %(when)s": "Wann: %(when)s",
    "%(service)s with %(practitioner)s, %(practice)s": (
        "%(service)s bei %(practitioner)s, %(practice)s"
    ),
    "Choose a new password": "Neues Passwort wählen",
}


def add_german(folder: Path) -> str:
    """Write the small catalogue; returns the folder for BABEL_TRANSLATION_DIRECTORIES."""
    catalog = Catalog(locale="de")
    for english, german in GERMAN.items():
        catalog.add(english, german)
    path = folder / "de" / "LC_MESSAGES"
    path.mkdir(parents=True)
    with (path / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    return str(folder)


def in_own_words(kind: str, subject: str, text: str, language: str = "en") -> None:
    """Store the practice's words as they are, whatever they are."""
    with transaction() as session:
        session.add(MessageText(kind=kind, language=language, subject=subject, text=text))
