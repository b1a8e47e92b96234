"""Forms: strings in, domain values out. Whether a value is allowed is the domain's business."""

import unicodedata

from flask_babel import gettext as _
from wtforms import Field, ValidationError

LINE_BREAKS = "\n\u2028\u2029\x85\x0b\x0c"
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, so that a name could hide another text."""


def one_line(text: str | None) -> str:
    """Return the text on one line, any run of white space a space, and nothing unprintable."""
    text = text or ""
    # Most are nothing else, and each of a page's fields comes this way.
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if character.isspace() else character for character in text)
    return " ".join(_printable(spaced).split())


def some_lines(text: str | None) -> str:
    """Return the text with plain line breaks, without anything unprintable, trimmed."""
    if not text:
        return ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in LINE_BREAKS:
        lines = lines.replace(character, "\n")
    printable = (_printable(line.replace("\t", " ")).rstrip() for line in lines.split("\n"))
    return "\n".join(printable).strip()


def at_most(field: Field, characters: int) -> None:
    """Refuse a field that is longer. Raises ValidationError."""
    if len(field.data or "") > characters:
        raise ValidationError(_("Please use at most %(number)d characters.", number=characters))


def _printable(text: str) -> str:
    """Return the text in composed form without control characters, lone surrogates and the like."""
    kept = (
        character
        for character in text
        if unicodedata.category(character) not in ("Cc", "Cs") and character not in TURNING
    )
    return unicodedata.normalize("NFC", "".join(kept))
