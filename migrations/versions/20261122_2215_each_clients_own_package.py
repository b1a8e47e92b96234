"""each client's own package

What staff and clients do with a session after it was booked: how it ended, and that it was put over
another one on purpose. The ledger of credits only grows, and nobody can spend what isn't there: the
database refuses it, whoever writes. Clients have notes, sign in by a mailed link, and are imported.

A session that staff put over another one on purpose is outside the guard: the act asks for a
confirmation first and records it.

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

OVERLAP = """
    SELECT RAISE(ABORT, 'booking_overlap')
    WHERE EXISTS (
        SELECT 1 FROM booking AS other
        WHERE other.member_id = NEW.member_id
          AND other.cancelled_at IS NULL{others}
          AND other.busy_end > NEW.busy_start
          AND other.busy_start < NEW.busy_end
          AND other.id IS NOT NEW.id
    );
"""

# A trigger can't lock, so on PostgreSQL the package's row is locked first: two entries at once
# are added up one after the other. SQLite has one writer at a time anyway.
SPENT = """
    SELECT coalesce(sum(amount), 0) FROM credit_entry
    WHERE client_package_id = NEW.client_package_id AND service_id = NEW.service_id
"""
OF_ONE_BOOKING = (
    "SELECT coalesce(sum(amount), 0) FROM credit_entry WHERE booking_id = NEW.booking_id"
)
ONLY_GROWS = "the ledger of credits only grows"


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(
        "ALTER TABLE booking ADD COLUMN ending VARCHAR(24) CONSTRAINT ck_booking_ending "
        "CHECK (ending IN ('by_client', 'by_clinic', 'declined', 'lapsed'))"
    )
    op.add_column("booking", sa.Column("overbooked_at", sa.BigInteger(), nullable=True))
    op.add_column("booking", sa.Column("staff_note", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_booking_starts_at", "booking", ["starts_at"])
    unanswered = sa.text("confirmed_at IS NULL AND cancelled_at IS NULL AND held_until IS NULL")
    op.create_index(
        "ix_booking_unanswered",
        "booking",
        ["starts_at"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    op.add_column("client", sa.Column("notes", sa.Text(), nullable=False, server_default=""))
    for table in ("client", "client_package"):
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    _drop_guard(on_sqlite)
    _make_guard(on_sqlite, but="overbooked_at IS NULL")
    _guard_the_ledger(on_sqlite)
    _add_sign_ins()
    op.create_table(
        "client_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_client_import_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_client_import"),
    )
    op.create_index("ix_client_import_by_id", "client_import", ["by_id"])


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("client_import", "client_sign_in", "client_link"):
        op.drop_table(table)
    if on_sqlite:
        for trigger in ("in_bounds", "no_update", "no_delete"):
            op.execute(f"DROP TRIGGER credit_entry_{trigger}")
    else:
        for trigger in ("in_bounds", "only_grows"):
            op.execute(f"DROP TRIGGER credit_entry_{trigger} ON credit_entry")
            op.execute(f"DROP FUNCTION credit_entry_{trigger}()")
    # What was put over another session on purpose can't stand beside it any more.
    op.execute("UPDATE booking SET cancelled_at = overbooked_at WHERE overbooked_at IS NOT NULL")
    _drop_guard(on_sqlite)
    for table in ("client_package", "client"):
        op.drop_column(table, "version")
    op.drop_column("client", "notes")
    for index in ("ix_booking_unanswered", "ix_booking_starts_at"):
        op.drop_index(index, "booking")
    for column in ("staff_note", "overbooked_at", "ending"):
        op.drop_column("booking", column)
    _make_guard(on_sqlite)


def _make_guard(on_sqlite: bool, but: str = "") -> None:
    """Make the guard of 0002, which looks only at rows of which `but` holds."""
    if not on_sqlite:
        condition = f"cancelled_at IS NULL AND {but}" if but else "cancelled_at IS NULL"
        op.execute(
            "ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist ("
            "int8range(member_id, member_id, '[]') WITH &&, "
            f"int8range(busy_start, busy_end) WITH &&) WHERE ({condition})"
        )
        return
    mine = f" AND NEW.{but}" if but else ""
    overlap = OVERLAP.format(others=f" AND other.{but}" if but else "")
    for change in ("insert", "update"):
        op.execute(
            f"CREATE TRIGGER booking_overlap_{change} BEFORE {change.upper()} ON booking "
            f"WHEN NEW.cancelled_at IS NULL{mine} BEGIN {overlap} END"
        )


def _drop_guard(on_sqlite: bool) -> None:
    if on_sqlite:
        op.execute("DROP TRIGGER booking_overlap_update")
        op.execute("DROP TRIGGER booking_overlap_insert")
    else:
        op.execute("ALTER TABLE booking DROP CONSTRAINT booking_overlap")


def _guard_the_ledger(on_sqlite: bool) -> None:
    if on_sqlite:
        op.execute(
            "CREATE TRIGGER credit_entry_in_bounds BEFORE INSERT ON credit_entry BEGIN "
            f"SELECT RAISE(ABORT, 'credit_overspent') WHERE ({SPENT}) + NEW.amount < 0; "
            "SELECT RAISE(ABORT, 'credit_twice') WHERE NEW.booking_id IS NOT NULL "
            f"AND ({OF_ONE_BOOKING}) + NEW.amount NOT IN (-1, 0); END"
        )
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER credit_entry_no_{change} BEFORE {change.upper()} ON credit_entry "
                f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION credit_entry_in_bounds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM 1 FROM client_package WHERE id = NEW.client_package_id FOR UPDATE; "
        f"IF ({SPENT}) + NEW.amount < 0 THEN RAISE EXCEPTION 'credit_overspent' "
        "USING ERRCODE = 'check_violation'; END IF; "
        "IF NEW.booking_id IS NOT NULL "
        f"AND ({OF_ONE_BOOKING}) + NEW.amount NOT IN (-1, 0) THEN RAISE EXCEPTION 'credit_twice' "
        "USING ERRCODE = 'check_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER credit_entry_in_bounds BEFORE INSERT ON credit_entry "
        "FOR EACH ROW EXECUTE FUNCTION credit_entry_in_bounds()"
    )
    op.execute(
        "CREATE FUNCTION credit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{ONLY_GROWS}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER credit_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON credit_entry FOR EACH STATEMENT EXECUTE FUNCTION credit_entry_only_grows()"
    )


def _add_sign_ins() -> None:
    for table, last in (("client_link", "used_at"), ("client_sign_in", "ended_at")):
        op.create_table(
            table,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("client_id", sa.Integer(), nullable=False),
            sa.Column("token_hash", sa.String(length=64), nullable=False),
            sa.Column("created_at", sa.BigInteger(), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=False),
            sa.Column(last, sa.BigInteger(), nullable=True),
            sa.ForeignKeyConstraint(
                ["client_id"], ["client.id"], name=f"fk_{table}_client_id", ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
            sa.UniqueConstraint("token_hash", name=f"uq_{table}_token_hash"),
        )
        op.create_index(f"ix_{table}_client_id", table, ["client_id"])
