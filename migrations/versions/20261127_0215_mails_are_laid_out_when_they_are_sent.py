"""mails are laid out when they're sent

A message's row keeps what its HTML body and its calendar file are made of, and neither of them.
What was written before has both as they were made, and is sent with them.

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

message = sa.table(
    "message",
    *(sa.column(name) for name in ("id", "text_body", "html_body", "calendar", "facts")),
)


def upgrade() -> None:
    op.add_column("message", sa.Column("facts", sa.Text(), nullable=False, server_default=""))
    for rows in _with_a_text(message.c.html_body, message.c.calendar):
        made = ((row.id, {"html": row.html_body, "calendar": row.calendar}) for row in rows)
        _change([{"of": id_, "facts": json.dumps(facts)} for id_, facts in made])
    op.drop_column("message", "html_body")
    op.drop_column("message", "calendar")


def downgrade() -> None:
    op.add_column("message", sa.Column("html_body", sa.Text(), nullable=False, server_default=""))
    op.add_column("message", sa.Column("calendar", sa.Text(), nullable=True))
    for rows in _with_a_text(message.c.text_body, message.c.facts):
        _change([{"of": row.id, **_as_made(row)} for row in rows])
    op.drop_column("message", "facts")


def _as_made(row: Any) -> dict[str, str | None]:
    """Both as they were made. What has none goes as its text, and without a calendar file."""
    facts = json.loads(row.facts)
    text = f'<pre style="white-space: pre-wrap;">{html.escape(row.text_body)}</pre>\n'
    return {"html_body": facts.get("html", text), "calendar": facts.get("calendar")}


def _with_a_text(*columns: sa.ColumnElement[Any]) -> Iterator[Sequence[Any]]:
    """The messages whose text isn't forgotten, so many at once."""
    last = 0
    while rows := op.get_bind().execute(_some(last, *columns)).all():
        last = rows[-1].id
        yield rows


def _some(last: int, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return (
        sa.select(message.c.id, *columns)
        .where(message.c.id > last, message.c.text_body != "")
        .order_by(message.c.id)
        .limit(AT_ONCE)
    )


def _change(rows: list[dict[str, Any]]) -> None:
    op.get_bind().execute(sa.update(message).where(message.c.id == sa.bindparam("of")), rows)
