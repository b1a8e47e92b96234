"""The bodies of a message: made when it's sent or looked at, not in the act that it tells of.

Everything that they say was decided in the act. An act holds up whoever else wants to write, and
whoever sends or looks holds up nobody.
"""

from collections.abc import Mapping
from typing import Any

from flask import current_app

from portal.languages import speaking


def html_body(kind: str, language: str, values: Mapping[str, Any]) -> str:
    """The body in HTML, in this language and with these values; the database isn't read.

    They may come from a row that an older version wrote: a template that asks for something new
    has to do without it for as long as messages wait.
    """
    templates = current_app.jinja_env
    with speaking(language):
        parts = templates.get_template("mail/parts.html").module
        body = templates.get_template(f"mail/{kind}/body.html").render({**values, "parts": parts})
    return tidied(body)


def text_body(kind: str, language: str, values: Mapping[str, Any]) -> str:
    """The body in plain text, in this language and with these values, likewise."""
    with speaking(language):
        body = current_app.jinja_env.get_template(f"mail/{kind}/body.txt").render(values)
    return _no_gaps(tidied(body))


def tidied(body: str) -> str:
    """A body without what no database keeps and no mail has, and with one line's end after it."""
    return body.replace("\0", "").strip() + "\n"


def _no_gaps(text: str) -> str:
    """The text with one empty line at most between two of its parts."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text
