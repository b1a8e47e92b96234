"""Plain text as the HTML body of a mail has it."""

import re

from markupsafe import Markup, escape


def paragraphs(text: str) -> Markup:
    """The text with a paragraph for each of its parts between empty lines, everything escaped."""
    parts = re.split(r"\n\n+", text.strip())
    lines = (Markup("<br>\n").join(escape(line) for line in part.split("\n")) for part in parts)
    return Markup("\n").join(Markup("<p>%s</p>") % part for part in lines)
