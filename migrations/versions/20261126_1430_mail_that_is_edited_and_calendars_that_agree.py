"""mail that is edited, and calendars that agree

Messages say what they are, until when they're worth sending, and that nobody needs them any more.
Practices have reminders, a language and words of their own. A booking has one UID for its life and
a sequence that counts its changes; practitioners and clients have calendar feeds.

Revision: 0011
Revises: 0010
"""

import time
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0011"
down_revision = "0010"

COLUMNS: tuple[tuple[str, sa.Column[object]], ...] = (
    ("message", sa.Column("kind", sa.String(length=40), nullable=False, server_default="")),
    ("message", sa.Column("booking_sequence", sa.Integer(), nullable=True)),
    ("message", sa.Column("expires_at", sa.BigInteger(), nullable=True)),
    ("message", sa.Column("dropped_at", sa.BigInteger(), nullable=True)),
    ("booking", sa.Column("uid", sa.String(length=255), nullable=False, server_default="")),
    ("booking", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0")),
    ("practice", sa.Column("language", sa.String(length=16), nullable=False, server_default="en")),
    ("practice", sa.Column("reminders", sa.JSON(), nullable=False, server_default="[1440]")),
    ("practice", sa.Column("running_out_at", sa.Integer(), nullable=True)),
    ("service", sa.Column("reminders", sa.JSON(), nullable=True)),
    ("client", sa.Column("language", sa.String(length=16), nullable=True)),
    ("member", sa.Column("language", sa.String(length=16), nullable=True)),
    (
        "member",
        sa.Column("told_of_assigned", sa.Boolean(), nullable=False, server_default=sa.false()),
    ),
)

WAITING = "sent_at IS NULL AND failed_at IS NULL"


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
    _index_due(f"{WAITING} AND dropped_at IS NULL")
    # Calendars know these bookings by the UIDs, and by the sequences, of the files sent so far:
    # the host's name, and the seconds since the booking was made.
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    op.get_bind().execute(
        sa.text(
            "UPDATE booking SET uid = 'booking-' || id || '@' || :host, "
            "sequence = CASE WHEN created_at < :now THEN :now - created_at ELSE 0 END"
        ),
        {"host": host, "now": int(time.time())},
    )
    op.create_index("uq_booking_uid", "booking", ["uid"], unique=True)
    op.create_table(
        "message_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_text"),
        sa.UniqueConstraint("kind", "language", name="uq_message_text_kind_language"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "detail",
            sa.Enum(
                "busy",
                "initials",
                "full",
                name="detail",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(member_id IS NULL) <> (client_id IS NULL)", name=op.f("ck_calendar_feed_somebodys")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_calendar_feed_member_id"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name="fk_calendar_feed_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feed"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_feed_token_hash"),
    )
    for column in ("member_id", "client_id"):
        op.create_index(f"ix_calendar_feed_{column}", "calendar_feed", [column])


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_table("message_text")
    op.drop_index("uq_booking_uid", "booking")
    # What isn't needed any more must not be sent by a version that doesn't know of it.
    op.execute("UPDATE message SET failed_at = dropped_at WHERE dropped_at IS NOT NULL")
    _index_due(WAITING)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)


def _index_due(condition: str) -> None:
    op.drop_index("ix_message_due_at", "message")
    where = sa.text(condition)
    op.create_index(
        "ix_message_due_at", "message", ["due_at"], sqlite_where=where, postgresql_where=where
    )
