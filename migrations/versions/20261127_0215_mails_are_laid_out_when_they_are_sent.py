"""mails are laid out when they're sent

A message's row keeps what its bodies and its calendar file are made of, and none of them. What was
written before has all of it as it was made, and is sent so.

Revision: 0014
Revises: 0013
"""

import html
import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

AT_ONCE = 1_000  # rows

NEEDED = ("words", "day_and_time", "where", "address", "see")
"""What a message says first, when and where a session is, and the link to it."""

message = sa.table(
    "message",
    *(sa.column(name) for name in ("id", "text_body", "html_body", "calendar", "facts")),
)


def upgrade() -> None:
    op.add_column("message", sa.Column("facts", sa.Text(), nullable=False, server_default=""))
    made = (message.c.text_body, message.c.html_body, message.c.calendar)
    for rows in _those(message.c.text_body != "", *made):
        _change([{"of": row.id, "facts": json.dumps(_as_facts(row))} for row in rows])
    for column in ("text_body", "html_body", "calendar"):
        op.drop_column("message", column)


def downgrade() -> None:
    for name in ("text_body", "html_body"):
        op.add_column("message", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("message", sa.Column("calendar", sa.Text(), nullable=True))
    for rows in _those(message.c.facts != "", message.c.facts):
        _change([{"of": row.id, **_as_made(json.loads(row.facts))} for row in rows])
    op.drop_column("message", "facts")


def _as_facts(row: Any) -> dict[str, str | None]:
    return {"text": row.text_body, "html": row.html_body, "calendar": row.calendar}


def _as_made(facts: dict[str, Any]) -> dict[str, str | None]:
    """All of it as it was made. What wasn't goes with the most needed, and no calendar file."""
    if "html" in facts:
        made = {"html_body": facts["html"], "calendar": facts["calendar"]}
        return {"text_body": facts["text"], **made}
    said = [facts["values"].get(name) for name in NEEDED]
    text = "\n\n".join(each for each in said if isinstance(each, str) and each) + "\n"
    body = f'<pre style="white-space: pre-wrap;">{html.escape(text)}</pre>\n'
    return {"text_body": text, "html_body": body, "calendar": None}


def _those(
    condition: sa.ColumnElement[bool], *columns: sa.ColumnElement[Any]
) -> Iterator[Sequence[Any]]:
    """The messages of which that's true, so many at once."""
    last = 0
    query = sa.select(message.c.id, *columns).where(condition).order_by(message.c.id)
    while rows := op.get_bind().execute(query.where(message.c.id > last).limit(AT_ONCE)).all():
        last = rows[-1].id
        yield rows


def _change(rows: list[dict[str, Any]]) -> None:
    op.get_bind().execute(sa.update(message).where(message.c.id == sa.bindparam("of")), rows)
