"""services and packages are edited by several people

What the editors have besides what was there, and a count of changes by which two people who edit
the same thing at once are told apart.

Revision: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    text = {"nullable": False, "server_default": ""}
    op.add_column("service", sa.Column("description", sa.Text(), **text))
    op.add_column("service", sa.Column("terms", sa.Text(), **text))
    # With its check in the same statement: SQLite can't add one later without a new table.
    op.execute(
        "ALTER TABLE service ADD COLUMN price NUMERIC(12, 2) "
        "CONSTRAINT ck_service_price_not_negative CHECK (price >= 0)"
    )
    op.add_column("service", sa.Column("archived_at", sa.BigInteger(), nullable=True))
    op.add_column("service", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "package", sa.Column("position", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("package", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    for column in ("version", "position"):
        op.drop_column("package", column)
    for column in ("version", "archived_at", "price", "terms", "description"):
        op.drop_column("service", column)
