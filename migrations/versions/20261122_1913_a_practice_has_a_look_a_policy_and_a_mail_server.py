"""a practice has a look, a policy and a mail server

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for column in (
        sa.Column("late_cancel_forbidden", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("cancellation_policy", sa.Text(), nullable=False, server_default=""),
        sa.Column("video_link", sa.String(length=500), nullable=True),
        sa.Column("accent", sa.String(length=7), nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ):
        op.add_column("practice", column)
    op.create_table(
        "mail_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column(
            "security",
            sa.Enum(
                "none",
                "starttls",
                "tls",
                name="mailsecurity",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("username", sa.String(length=255), nullable=True),
        sa.Column("password_sealed", sa.Text(), nullable=True),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_settings_only_one")),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name=op.f("ck_mail_settings_port")),
        sa.PrimaryKeyConstraint("id", name="pk_mail_settings"),
    )


def downgrade() -> None:
    op.drop_table("mail_settings")
    for column in (
        "version",
        "logo_type",
        "logo",
        "accent",
        "video_link",
        "cancellation_policy",
        "late_cancel_forbidden",
    ):
        op.drop_column("practice", column)
