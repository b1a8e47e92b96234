"""a token opens the set-up page

Revision: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "set_up_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_set_up_token_only_one")),
        sa.PrimaryKeyConstraint("id", name="pk_set_up_token"),
    )


def downgrade() -> None:
    op.drop_table("set_up_token")
