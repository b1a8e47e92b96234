"""Reading a file of clients: bytes in, lines out, each with its values or a sentence what's wrong.

Clinics get such files out of other programs and spreadsheets, so several encodings, delimiters and
headings are understood.
"""

import csv
import io
from typing import Any

from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import Field, ValidationError

from portal.web.forms import one_line, some_lines
from portal.web.forms.client import ClientForm
from portal.web.forms.form import Form

MOST_BYTES = 900_000
"""Of a file; a request that is larger than a megabyte doesn't get as far as here."""

MOST_LINES = 5000

HEADINGS = {
    "name": ("name", "full name", "client", "client name", "customer", "patient", "contact"),
    "first": ("first name", "firstname", "given name", "forename"),
    "last": ("last name", "lastname", "surname", "family name"),
    "email": ("email", "e-mail", "mail", "email address", "e-mail address", "e-mail 1 - value"),
    "phone": (
        *("phone", "telephone", "tel", "mobile", "cell", "phone number", "mobile phone"),
        *("telephone number", "mobile number", "cell phone", "phone 1 - value"),
    ),
    "timezone": ("timezone", "time zone", "zone", "tz"),
    "notes": ("notes", "note", "comment", "comments", "remarks"),
}
"""What stands on top of a column, and what is meant; whatever its case."""

ONE_LINE = ("name", "email", "phone", "timezone")
"""Values that no program writes with a line break in them."""

FORMULA = ("=", "+", "-", "@")


class ClientFileForm(Form):
    """A file to upload; `lines` is what it holds, once it's valid."""

    file = FileField()

    def validate_file(self, field: Field) -> None:
        """It can be read."""
        if not field.data:
            raise ValidationError(_("Please choose a file."))
        try:
            self.lines = read_client_file(field.data.read(MOST_BYTES + 1))
        except ValueError as reason:
            raise ValidationError(str(reason)) from None


def read_client_file(content: bytes) -> list[dict[str, Any]]:
    """Return the lines, as portal.queries.client_imports reads them.

    Raises ValueError, with a sentence, for what isn't a table with names of clients.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(
            _("This file is larger than 900 KB. Please divide it, and import one part at a time.")
        )
    text = _decoded(content)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        columns = _columns(next(rows, []))
        lines = []
        for row in rows:
            if any(cell.strip() for cell in row):
                lines.append(_line(row, columns, rows.line_num))
            if len(lines) > MOST_LINES:
                raise ValueError(
                    _(
                        "This file has more than %(most)d lines. Please divide it, and import one "
                        "part at a time.",
                        most=MOST_LINES,
                    )
                )
    except csv.Error:
        raise ValueError(
            _("This isn’t a table that can be read. Please save it as CSV, and upload that.")
        ) from None
    if lines and _ends_inside_a_quote(text):
        # What follows was read as part of the last line: nobody may lose it without a word.
        lines[-1].setdefault("fault", _("A quote is opened in this line and never closed."))
    if not lines:
        raise ValueError(_("There is no client in this file, only its headings."))
    return lines


def _decoded(content: bytes) -> str:
    """The text, in UTF-8 or, where it can't be that, in the alphabet of Western Europe."""
    if b"\x00" in content:
        raise ValueError(
            _(
                "This isn’t a text file. Please save the table as “CSV (UTF-8)”, not as a "
                "spreadsheet or as Unicode text, and upload that."
            )
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    # Characters that only control devices: it's another encoding, and every umlaut would be wrong.
    if any("\x80" <= character <= "\x9f" for character in text):
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            raise ValueError(
                _("The letters in this file can’t be read. Please save it as “CSV (UTF-8)”.")
            ) from None
    return text


def _delimiter(text: str) -> str:
    """What parts the headings most often: a comma, a semicolon or a tab."""
    first = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _ends_inside_a_quote(text: str) -> bool:
    """Say whether one more line would be taken for a part of the last one."""
    *_rows, last = csv.reader(io.StringIO(f"{text}\nend", newline=""), delimiter=_delimiter(text))
    return last != ["end"]


def _columns(headings: list[str]) -> dict[str, int]:
    """Where each value stands. Raises ValueError where there is no name, or two of something."""
    found: dict[str, int] = {}
    for at, heading in enumerate(headings):
        # Underscores as programs write them.
        wanted = " ".join(heading.replace("_", " ").lower().split()).strip("*: ")
        for name, words in HEADINGS.items():
            if wanted in words and name in found:
                raise ValueError(_said_twice(headings[found[name]], heading))
            if wanted in words:
                found[name] = at
    if not {"name", "first", "last"} & found.keys():
        raise ValueError(
            _(
                "The first line has to say what the columns are, and one of them has to be “name”. "
                "The others can be “email”, “phone”, “time zone” and “notes”."
            )
        )
    return found


def _said_twice(one: str, other: str) -> str:
    """Which of two columns is meant only the clinic knows, so none of them is taken."""
    return _(
        "Two columns say the same: “%(one)s” and “%(other)s”. Please remove one of them, or give "
        "it another heading.",
        one=one_line(one),
        other=one_line(other),
    )


def _line(row: list[str], columns: dict[str, int], number: int) -> dict[str, Any]:
    """One line, checked as if it were typed in."""
    cells = {name: _cell(row[at]) for name, at in columns.items() if at < len(row)}
    # Where first and last name are columns of their own.
    parts = " ".join(filter(None, (cells.pop("first", ""), cells.pop("last", ""))))
    cells["name"] = cells.get("name") or parts
    broken = [name for name in ONE_LINE if "\n" in cells.get(name, "")]
    form = ClientForm(data={}, formdata=_Cells(cells))
    typed = {name: form[name].data or "" for name in ("name", "email", "phone", "timezone")}
    if not form.validate() or broken:
        # It may have swallowed every line after it, so this is what to say of it.
        torn = _("contains a line break: is a quote not closed?")
        errors = form.errors | {name: [torn] for name in broken}
        faults = [f"{form[name].label.text}: {' '.join(e)}" for name, e in errors.items()]
        return {"line": number, **typed, "fault": " ".join(faults)}
    about = form.about()
    return {
        "line": number,
        "name": about.name,
        "email": about.email,
        "phone": about.phone,
        "timezone": about.timezone,
        "notes": about.notes,
    }


def _cell(text: str) -> str:
    """What a cell says, without the apostrophe by which our export keeps it from being computed."""
    plain = some_lines(text)
    if plain.startswith("'") and plain[1:].startswith(FORMULA):
        return plain[1:]
    return plain


class _Cells(dict[str, str]):
    """Cells as a form takes what was sent."""

    def getlist(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


def short_name(file_name: str | None) -> str:
    """What the file is called, without its folders."""
    return one_line((file_name or "").replace("\\", "/").rpartition("/")[2])[:200] or "clients.csv"
