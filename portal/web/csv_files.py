"""Answers that are CSV files, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import Response

# What spreadsheets take for the beginning of a formula, full-width signs of Asian keyboards too.
FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")  # noqa: RUF001


def csv_answer(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Answer with a table to download; instants are written in UTC."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    # With a byte order mark, without which Excel takes UTF-8 for another alphabet.
    answer = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def neutral(cell: Any) -> str:
    """Return the cell as text that a spreadsheet shows and doesn't compute."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else text
