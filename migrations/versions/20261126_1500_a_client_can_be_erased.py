"""a client can be erased

Their row says since when. The ledger of credits still only grows, but for one thing: the words in
which somebody gave a reason can be emptied, and nothing else of the entry with them.

Revision: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ONLY_GROWS = "the ledger of credits only grows"
FIXED = ("id", "client_package_id", "service_id", "booking_id", "kind", "amount", "at", "by_id")
OLD, NEW = (", ".join(f"{row}.{name}" for name in FIXED) for row in ("OLD", "NEW"))


def upgrade() -> None:
    op.add_column("client", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER credit_entry_no_update")
        op.execute(
            "CREATE TRIGGER credit_entry_no_update BEFORE UPDATE ON credit_entry "
            f"WHEN NEW.why <> '' OR ({NEW}) IS NOT ({OLD}) "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END"
        )
        return
    op.execute("DROP TRIGGER credit_entry_only_grows ON credit_entry")
    op.execute(
        "CREATE TRIGGER credit_entry_only_grows BEFORE DELETE OR TRUNCATE "
        "ON credit_entry FOR EACH STATEMENT EXECUTE FUNCTION credit_entry_only_grows()"
    )
    op.execute(
        "CREATE TRIGGER credit_entry_no_update BEFORE UPDATE ON credit_entry FOR EACH ROW "
        f"WHEN (NEW.why <> '' OR ({NEW}) IS DISTINCT FROM ({OLD})) "
        "EXECUTE FUNCTION credit_entry_only_grows()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER credit_entry_no_update")
        op.execute(
            "CREATE TRIGGER credit_entry_no_update BEFORE UPDATE ON credit_entry "
            f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END"
        )
    else:
        op.execute("DROP TRIGGER credit_entry_no_update ON credit_entry")
        op.execute("DROP TRIGGER credit_entry_only_grows ON credit_entry")
        op.execute(
            "CREATE TRIGGER credit_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
            "ON credit_entry FOR EACH STATEMENT EXECUTE FUNCTION credit_entry_only_grows()"
        )
    op.drop_column("client", "erased_at")
