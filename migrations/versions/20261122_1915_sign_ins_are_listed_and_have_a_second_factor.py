"""sign-ins are listed and have a second factor

Revision: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("member", sa.Column("tf_primary_method", sa.String(length=64), nullable=True))
    op.add_column("member", sa.Column("tf_totp_secret", sa.String(length=255), nullable=True))
    op.add_column("member", sa.Column("mf_recovery_codes", sa.JSON(), nullable=True))
    op.add_column(
        "member", sa.Column("fs_webauthn_user_handle", sa.String(length=64), nullable=True)
    )
    op.create_index(
        "uq_member_fs_webauthn_user_handle", "member", ["fs_webauthn_user_handle"], unique=True
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(length=64), nullable=False),
        sa.Column("extensions", sa.String(length=255), nullable=True),
        sa.Column("create_datetime", sa.BigInteger(), nullable=False),
        sa.Column("lastuse_datetime", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["member.id"], name="fk_passkey_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"])
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_sign_in_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_token_hash"),
    )
    op.create_index("ix_sign_in_member_id", "sign_in", ["member_id"])


def downgrade() -> None:
    op.drop_table("sign_in")
    op.drop_table("passkey")
    op.drop_index("uq_member_fs_webauthn_user_handle", "member")
    for column in (
        "fs_webauthn_user_handle",
        "mf_recovery_codes",
        "tf_totp_secret",
        "tf_primary_method",
    ):
        op.drop_column("member", column)
