"""an activity log that only grows

Whoever writes to the database, the application included, can add rows and not change or remove any.

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


REFUSAL = "the activity log only grows"


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "actor",
            sa.Enum(
                "member",
                "client",
                "operator",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_activity_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
    )
    op.create_index("ix_activity_act", "activity", ["act"])
    op.create_index("ix_activity_at", "activity", ["at"])
    op.create_index("ix_activity_by_id", "activity", ["by_id"])
    op.create_index("ix_activity_subject_subject_id", "activity", ["subject", "subject_id"])
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER activity_no_{change} BEFORE {change.upper()} ON activity "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER activity_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON activity "
            "FOR EACH STATEMENT EXECUTE FUNCTION only_grows()"
        )


def downgrade() -> None:
    op.drop_table("activity")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION only_grows()")
