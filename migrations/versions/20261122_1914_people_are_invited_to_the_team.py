"""people are invited to the team

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "team_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "practitioner",
                "admin",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_team_invitation_email_lower")),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["member.id"], name="fk_team_invitation_invited_by_id"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_team_invitation_member_id"),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_team_invitation_role_id"),
        sa.PrimaryKeyConstraint("id", name="pk_team_invitation"),
        sa.UniqueConstraint("token_hash", name="uq_team_invitation_token_hash"),
    )
    op.create_index("ix_team_invitation_role_id", "team_invitation", ["role_id"])
    pending = sa.text("accepted_at IS NULL AND revoked_at IS NULL")
    op.create_index(
        "uq_team_invitation_pending",
        "team_invitation",
        ["email"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )


def downgrade() -> None:
    op.drop_table("team_invitation")
