"""a mark that's another one whenever something was set up

What a practice sets up (services, packages, the team with its hours, the practice itself, its own
words for messages) changes a few times a day, and is read for every page and every booking. Whoever
has read it once compares the mark, and reads again when that's another one. Triggers change it,
whoever writes. Marks are never the same twice, also not where a database goes back to a backup.

On PostgreSQL the mark is changed at the end of the transaction, and once: as its row is locked
from then on, those who set something up at the same time wait for each other only while they
commit, and with nothing left to lock can't be in each other's way. A later migration that changes
rows and then a table in one transaction has to SET CONSTRAINTS ALL IMMEDIATE in between. On SQLite
one that makes one of these tables anew (batch mode) has to make its triggers anew too.

Revision: 0015
Revises: 0014
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = (
    "practice",
    "service",
    "service_shared_member",
    "service_shared_role",
    "package",
    "package_item",
    "package_team_member",
    "package_team_role",
    "weekly_hours",
    "weekly_hours_service",
    "date_override",
    "override_hours",
    "override_hours_service",
    "message_text",
)
OF_MEMBER = ("email", "name", "kind", "role_id", "timezone", "daily_cap", "deactivated_at")
"""The columns of a member that clients can be told something by; signing in changes others."""
MARK = (
    "INSERT INTO set_up_mark (id, mark) VALUES (1, lower(hex(randomblob(16)))) "
    "ON CONFLICT (id) DO UPDATE SET mark = excluded.mark"
)


def upgrade() -> None:
    op.create_table(
        "set_up_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up_mark")),
        sa.CheckConstraint("id = 1", name=op.f("ck_set_up_mark_only_one")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table, way, when in _changes():
            op.execute(
                f"CREATE TRIGGER set_up_{table}_{way} AFTER {when} ON {table} BEGIN {MARK}; END"
            )
        return
    op.execute(
        """
        CREATE FUNCTION change_set_up_mark() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('portal.changed_in', true)
                IS DISTINCT FROM pg_current_xact_id()::text
            THEN
                INSERT INTO set_up_mark (id, mark) VALUES (1, gen_random_uuid()::text)
                ON CONFLICT (id) DO UPDATE SET mark = excluded.mark;
                PERFORM set_config('portal.changed_in', pg_current_xact_id()::text, true);
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table, way, when in _changes():
        op.execute(
            f"CREATE CONSTRAINT TRIGGER set_up_{table}_{way} AFTER {when} ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_set_up_mark()"
        )
    for table in ("member", *TABLES):
        op.execute(
            f"CREATE TRIGGER set_up_{table}_truncate AFTER TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION change_set_up_mark()"
        )


def downgrade() -> None:
    for table, way, _when in _changes():
        on = "" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"
        op.execute(f"DROP TRIGGER set_up_{table}_{way}{on}")
    if op.get_bind().dialect.name != "sqlite":
        for table in ("member", *TABLES):
            op.execute(f"DROP TRIGGER set_up_{table}_truncate ON {table}")
        op.execute("DROP FUNCTION change_set_up_mark")
    op.drop_table("set_up_mark")


def _changes() -> Iterator[tuple[str, str, str]]:
    """Table, a name for the way in which it's changed, and that way as SQL has it."""
    for table in ("member", *TABLES):
        yield table, "insert", "INSERT"
        yield table, "delete", "DELETE"
        only = f" OF {', '.join(OF_MEMBER)}" if table == "member" else ""
        yield table, "update", f"UPDATE{only}"
