"""nobody is booked twice

The guard: no two live rows of one practitioner overlap, buffers included, whoever writes them. A
hold is a row of the same table; a cancelled row isn't live.

On SQLite two triggers refuse an overlap. On PostgreSQL an exclusion constraint does; it is written
with one-number ranges in place of the id itself, because that needs no extension (btree_gist isn't
everywhere). Acts lock the practitioner's row first, or many of them at once end in deadlocks.

Revision: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"

OVERLAP = """
    SELECT RAISE(ABORT, 'booking_overlap')
    WHERE EXISTS (
        SELECT 1 FROM booking AS other
        WHERE other.member_id = NEW.member_id
          AND other.cancelled_at IS NULL
          AND other.busy_end > NEW.busy_start
          AND other.busy_start < NEW.busy_end
          AND other.id IS NOT NEW.id
    );
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER booking_overlap_insert BEFORE INSERT ON booking "
            f"WHEN NEW.cancelled_at IS NULL BEGIN {OVERLAP} END"
        )
        op.execute(
            "CREATE TRIGGER booking_overlap_update BEFORE UPDATE ON booking "
            f"WHEN NEW.cancelled_at IS NULL BEGIN {OVERLAP} END"
        )
    else:
        op.execute(
            "ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist ("
            "int8range(member_id, member_id, '[]') WITH &&, "
            "int8range(busy_start, busy_end) WITH &&) WHERE (cancelled_at IS NULL)"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER booking_overlap_update")
        op.execute("DROP TRIGGER booking_overlap_insert")
    else:
        op.execute("ALTER TABLE booking DROP CONSTRAINT booking_overlap")
