"""clinic, packages, clients and bookings

Revision: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("deactivated_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_client_email_lower")),
        sa.PrimaryKeyConstraint("id", name="pk_client"),
        sa.UniqueConstraint("email", name="uq_client_email"),
    )
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.create_index("ix_client_name", ["name"], unique=False)

    op.create_table(
        "practice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column(
            "plan",
            sa.Enum(
                "solo", "team", name="plan", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column(
            "confirm",
            sa.Enum(
                "request",
                "instant",
                name="confirm",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("min_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("slot_step_minutes", sa.Integer(), nullable=False),
        sa.Column("late_cancel_hours", sa.Integer(), nullable=False),
        sa.Column("late_cancel_returns_credit", sa.Boolean(), nullable=False),
        sa.CheckConstraint("horizon_days > 0", name=op.f("ck_practice_horizon_positive")),
        sa.CheckConstraint("id = 1", name=op.f("ck_practice_only_one")),
        sa.CheckConstraint(
            "late_cancel_hours >= 0", name=op.f("ck_practice_late_cancel_not_negative")
        ),
        sa.CheckConstraint("min_notice_minutes >= 0", name=op.f("ck_practice_notice_not_negative")),
        sa.CheckConstraint("slot_step_minutes > 0", name=op.f("ck_practice_step_positive")),
        sa.PrimaryKeyConstraint("id", name="pk_practice"),
    )
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_limit"),
    )
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.create_index("ix_rate_limit_expires", ["expires"], unique=False)

    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_role"),
        sa.UniqueConstraint("name", name="uq_role_name"),
    )
    op.create_table(
        "member",
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
        sa.Column("is_owner", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("daily_cap", sa.Integer(), nullable=True),
        sa.Column("deactivated_at", sa.BigInteger(), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.CheckConstraint("daily_cap > 0", name=op.f("ck_member_daily_cap_positive")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_member_email_lower")),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_member_role_id"),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
        sa.UniqueConstraint("email", name="uq_member_email"),
        sa.UniqueConstraint("fs_uniquifier", name="uq_member_fs_uniquifier"),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index("ix_member_role_id", ["role_id"], unique=False)
        batch_op.create_index(
            "uq_member_owner",
            ["is_owner"],
            unique=True,
            sqlite_where=sa.text("is_owner"),
            postgresql_where=sa.text("is_owner"),
        )

    op.create_table(
        "date_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_date_override_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_date_override"),
    )
    with op.batch_alter_table("date_override", schema=None) as batch_op:
        batch_op.create_index("uq_date_override_member_id_date", ["member_id", "date"], unique=True)

    op.create_table(
        "package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("assigned_to_id", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("valid_days", sa.Integer(), nullable=True),
        sa.Column("weekly_limit", sa.Integer(), nullable=True),
        sa.Column("monthly_limit", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.Column("team_booking_enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "team_booking_allow",
            sa.Enum(
                "assigned",
                "any",
                "members",
                "roles",
                name="allow",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("monthly_limit > 0", name=op.f("ck_package_monthly_limit_positive")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_package_price_not_negative")),
        sa.CheckConstraint("valid_days > 0", name=op.f("ck_package_valid_days_positive")),
        sa.CheckConstraint("weekly_limit > 0", name=op.f("ck_package_weekly_limit_positive")),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["member.id"], name="fk_package_assigned_to_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_package"),
        sa.UniqueConstraint("slug", name="uq_package_slug"),
    )
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.create_index("ix_package_assigned_to_id", ["assigned_to_id"], unique=False)

    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.JSON(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("video_link", sa.String(length=500), nullable=True),
        sa.Column(
            "confirm",
            sa.Enum(
                "request",
                "instant",
                name="confirm",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column(
            "sharing",
            sa.Enum(
                "private",
                "all",
                "members",
                "roles",
                name="sharing",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("buffer_after >= 0", name=op.f("ck_service_buffer_after_not_negative")),
        sa.CheckConstraint(
            "buffer_before >= 0", name=op.f("ck_service_buffer_before_not_negative")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_service_minutes_positive")),
        sa.ForeignKeyConstraint(["owner_id"], ["member.id"], name="fk_service_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
        sa.UniqueConstraint("slug", name="uq_service_slug"),
    )
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.create_index("ix_service_owner_id", ["owner_id"], unique=False)

    op.create_table(
        "time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_time_off_forwards")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_time_off_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_time_off"),
    )
    with op.batch_alter_table("time_off", schema=None) as batch_op:
        batch_op.create_index(
            "ix_time_off_member_id_ends_at", ["member_id", "ends_at"], unique=False
        )

    op.create_table(
        "weekly_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("only_services", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_weekly_hours_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_hours_weekday")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_weekly_hours_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_weekly_hours"),
    )
    with op.batch_alter_table("weekly_hours", schema=None) as batch_op:
        batch_op.create_index("ix_weekly_hours_member_id", ["member_id"], unique=False)

    op.create_table(
        "client_package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("assigned_to_id", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("weekly_limit", sa.Integer(), nullable=True),
        sa.Column("monthly_limit", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("team_booking_enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "team_booking_allow",
            sa.Enum(
                "assigned",
                "any",
                "members",
                "roles",
                name="allow",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "monthly_limit > 0", name=op.f("ck_client_package_monthly_limit_positive")
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_client_package_price_not_negative")),
        sa.CheckConstraint(
            "weekly_limit > 0", name=op.f("ck_client_package_weekly_limit_positive")
        ),
        sa.ForeignKeyConstraint(
            ["assigned_to_id"], ["member.id"], name="fk_client_package_assigned_to_id"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_client_package_client_id"),
        sa.ForeignKeyConstraint(
            ["package_id"], ["package.id"], name="fk_client_package_package_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_client_package"),
    )
    with op.batch_alter_table("client_package", schema=None) as batch_op:
        batch_op.create_index("ix_client_package_assigned_to_id", ["assigned_to_id"], unique=False)
        batch_op.create_index(
            "ix_client_package_client_id_package_id", ["client_id", "package_id"], unique=False
        )
        batch_op.create_index("ix_client_package_package_id", ["package_id"], unique=False)

    op.create_table(
        "invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_invite_client_id"),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name="fk_invite_package_id"),
        sa.ForeignKeyConstraint(["sent_by_id"], ["member.id"], name="fk_invite_sent_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_invite"),
        sa.UniqueConstraint("token_hash", name="uq_invite_token_hash"),
    )
    with op.batch_alter_table("invite", schema=None) as batch_op:
        batch_op.create_index("ix_invite_client_id", ["client_id"], unique=False)
        batch_op.create_index("ix_invite_package_id", ["package_id"], unique=False)
        batch_op.create_index("ix_invite_sent_by_id", ["sent_by_id"], unique=False)

    op.create_table(
        "override_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("date_override_id", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("only_services", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_override_hours_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["date_override_id"],
            ["date_override.id"],
            name="fk_override_hours_date_override_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_override_hours"),
    )
    with op.batch_alter_table("override_hours", schema=None) as batch_op:
        batch_op.create_index(
            "ix_override_hours_date_override_id", ["date_override_id"], unique=False
        )

    op.create_table(
        "package_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.CheckConstraint("sessions > 0", name=op.f("ck_package_item_sessions_positive")),
        sa.ForeignKeyConstraint(
            ["package_id"], ["package.id"], name="fk_package_item_package_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_package_item_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_package_item"),
        sa.UniqueConstraint(
            "package_id", "service_id", name="uq_package_item_package_id_service_id"
        ),
    )
    with op.batch_alter_table("package_item", schema=None) as batch_op:
        batch_op.create_index("ix_package_item_service_id", ["service_id"], unique=False)

    op.create_table(
        "package_team_member",
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_package_team_member_member_id"
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["package.id"],
            name="fk_package_team_member_package_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("package_id", "member_id", name="pk_package_team_member"),
    )
    with op.batch_alter_table("package_team_member", schema=None) as batch_op:
        batch_op.create_index("ix_package_team_member_member_id", ["member_id"], unique=False)

    op.create_table(
        "package_team_role",
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["package.id"],
            name="fk_package_team_role_package_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_package_team_role_role_id"),
        sa.PrimaryKeyConstraint("package_id", "role_id", name="pk_package_team_role"),
    )
    with op.batch_alter_table("package_team_role", schema=None) as batch_op:
        batch_op.create_index("ix_package_team_role_role_id", ["role_id"], unique=False)

    op.create_table(
        "service_shared_member",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_service_shared_member_member_id"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name="fk_service_shared_member_service_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_id", "member_id", name="pk_service_shared_member"),
    )
    with op.batch_alter_table("service_shared_member", schema=None) as batch_op:
        batch_op.create_index("ix_service_shared_member_member_id", ["member_id"], unique=False)

    op.create_table(
        "service_shared_role",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_service_shared_role_role_id"),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["service.id"],
            name="fk_service_shared_role_service_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_id", "role_id", name="pk_service_shared_role"),
    )
    with op.batch_alter_table("service_shared_role", schema=None) as batch_op:
        batch_op.create_index("ix_service_shared_role_role_id", ["role_id"], unique=False)

    op.create_table(
        "short_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_by_id", sa.Integer(), nullable=True),
        sa.Column("opened_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["member.id"], name="fk_short_link_created_by_id"
        ),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name="fk_short_link_package_id"),
        sa.ForeignKeyConstraint(
            ["retired_by_id"], ["member.id"], name="fk_short_link_retired_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_short_link"),
        sa.UniqueConstraint("code", name="uq_short_link_code"),
    )
    with op.batch_alter_table("short_link", schema=None) as batch_op:
        batch_op.create_index(
            "uq_short_link_package_id",
            ["package_id"],
            unique=True,
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )

    op.create_table(
        "weekly_hours_service",
        sa.Column("weekly_hours_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name="fk_weekly_hours_service_service_id"
        ),
        sa.ForeignKeyConstraint(
            ["weekly_hours_id"],
            ["weekly_hours.id"],
            name="fk_weekly_hours_service_weekly_hours_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("weekly_hours_id", "service_id", name="pk_weekly_hours_service"),
    )
    with op.batch_alter_table("weekly_hours_service", schema=None) as batch_op:
        batch_op.create_index("ix_weekly_hours_service_service_id", ["service_id"], unique=False)

    op.create_table(
        "booking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.String(length=24), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("busy_start", sa.BigInteger(), nullable=False),
        sa.Column("busy_end", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("client_package_id", sa.Integer(), nullable=True),
        sa.Column("package_id", sa.Integer(), nullable=True),
        sa.Column("invite_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_by_id", sa.Integer(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("no_show_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(client_id IS NULL) = (held_until IS NOT NULL)",
            name=op.f("ck_booking_held_or_somebodys"),
        ),
        sa.CheckConstraint(
            "busy_start <= starts_at AND ends_at <= busy_end", name=op.f("ck_booking_busy_covers")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_forwards")),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"], ["member.id"], name="fk_booking_cancelled_by_id"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name="fk_booking_client_id"),
        sa.ForeignKeyConstraint(
            ["client_package_id"], ["client_package.id"], name="fk_booking_client_package_id"
        ),
        sa.ForeignKeyConstraint(["invite_id"], ["invite.id"], name="fk_booking_invite_id"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name="fk_booking_member_id"),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name="fk_booking_package_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_booking_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
    )
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.create_index(
            "ix_booking_busy",
            ["member_id", "busy_end", "busy_start"],
            unique=False,
            sqlite_where=sa.text("cancelled_at IS NULL"),
            postgresql_where=sa.text("cancelled_at IS NULL"),
        )
        batch_op.create_index(
            "ix_booking_client_id_starts_at", ["client_id", "starts_at"], unique=False
        )
        batch_op.create_index(
            "ix_booking_client_package_id_starts_at",
            ["client_package_id", "starts_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_booking_held_until",
            ["held_until"],
            unique=False,
            sqlite_where=sa.text("held_until IS NOT NULL"),
            postgresql_where=sa.text("held_until IS NOT NULL"),
        )
        batch_op.create_index("ix_booking_invite_id", ["invite_id"], unique=False)
        batch_op.create_index("ix_booking_package_id", ["package_id"], unique=False)
        batch_op.create_index("ix_booking_service_id", ["service_id"], unique=False)

    op.create_table(
        "client_package_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_package_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_package_id"],
            ["client_package.id"],
            name="fk_client_package_item_client_package_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name="fk_client_package_item_service_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_client_package_item"),
        sa.UniqueConstraint(
            "client_package_id",
            "service_id",
            name="uq_client_package_item_client_package_id_service_id",
        ),
    )
    with op.batch_alter_table("client_package_item", schema=None) as batch_op:
        batch_op.create_index("ix_client_package_item_service_id", ["service_id"], unique=False)

    op.create_table(
        "client_package_team_member",
        sa.Column("client_package_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_package_id"],
            ["client_package.id"],
            name="fk_client_package_team_member_client_package_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_client_package_team_member_member_id"
        ),
        sa.PrimaryKeyConstraint(
            "client_package_id", "member_id", name="pk_client_package_team_member"
        ),
    )
    with op.batch_alter_table("client_package_team_member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_client_package_team_member_member_id", ["member_id"], unique=False
        )

    op.create_table(
        "client_package_team_role",
        sa.Column("client_package_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_package_id"],
            ["client_package.id"],
            name="fk_client_package_team_role_client_package_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["role.id"], name="fk_client_package_team_role_role_id"
        ),
        sa.PrimaryKeyConstraint("client_package_id", "role_id", name="pk_client_package_team_role"),
    )
    with op.batch_alter_table("client_package_team_role", schema=None) as batch_op:
        batch_op.create_index("ix_client_package_team_role_role_id", ["role_id"], unique=False)

    op.create_table(
        "override_hours_service",
        sa.Column("override_hours_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["override_hours_id"],
            ["override_hours.id"],
            name="fk_override_hours_service_override_hours_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name="fk_override_hours_service_service_id"
        ),
        sa.PrimaryKeyConstraint(
            "override_hours_id", "service_id", name="pk_override_hours_service"
        ),
    )
    with op.batch_alter_table("override_hours_service", schema=None) as batch_op:
        batch_op.create_index("ix_override_hours_service_service_id", ["service_id"], unique=False)

    op.create_table(
        "credit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_package_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "grant",
                "take",
                "return",
                "adjust",
                name="creditkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(kind <> 'take' OR amount = -1) AND (kind <> 'return' OR amount = 1)",
            name=op.f("ck_credit_entry_one_each"),
        ),
        sa.CheckConstraint(
            "(kind IN ('take', 'return')) = (booking_id IS NOT NULL)",
            name=op.f("ck_credit_entry_booking_when_used"),
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_credit_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_credit_entry_booking_id"),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], name="fk_credit_entry_by_id"),
        sa.ForeignKeyConstraint(
            ["client_package_id"], ["client_package.id"], name="fk_credit_entry_client_package_id"
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_credit_entry_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_entry"),
    )
    with op.batch_alter_table("credit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_credit_entry_booking_id", ["booking_id"], unique=False)
        batch_op.create_index(
            "ix_credit_entry_client_package_id_service_id",
            ["client_package_id", "service_id"],
            unique=False,
        )

    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text_body", sa.Text(), nullable=False),
        sa.Column("html_body", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=True),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("invite_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_message_booking_id"),
        sa.ForeignKeyConstraint(["invite_id"], ["invite.id"], name="fk_message_invite_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("event", name="uq_message_event"),
        sa.UniqueConstraint("message_id", name="uq_message_message_id"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_booking_id", ["booking_id"], unique=False)
        batch_op.create_index(
            "ix_message_due_at",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.create_index("ix_message_invite_id", ["invite_id"], unique=False)

    op.create_table(
        "private_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name="fk_private_link_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_private_link"),
        sa.UniqueConstraint("token_hash", name="uq_private_link_token_hash"),
    )
    with op.batch_alter_table("private_link", schema=None) as batch_op:
        batch_op.create_index("ix_private_link_booking_id", ["booking_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("private_link", schema=None) as batch_op:
        batch_op.drop_index("ix_private_link_booking_id")

    op.drop_table("private_link")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_invite_id")
        batch_op.drop_index(
            "ix_message_due_at",
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.drop_index("ix_message_booking_id")

    op.drop_table("message")
    with op.batch_alter_table("credit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_credit_entry_client_package_id_service_id")
        batch_op.drop_index("ix_credit_entry_booking_id")

    op.drop_table("credit_entry")
    with op.batch_alter_table("override_hours_service", schema=None) as batch_op:
        batch_op.drop_index("ix_override_hours_service_service_id")

    op.drop_table("override_hours_service")
    with op.batch_alter_table("client_package_team_role", schema=None) as batch_op:
        batch_op.drop_index("ix_client_package_team_role_role_id")

    op.drop_table("client_package_team_role")
    with op.batch_alter_table("client_package_team_member", schema=None) as batch_op:
        batch_op.drop_index("ix_client_package_team_member_member_id")

    op.drop_table("client_package_team_member")
    with op.batch_alter_table("client_package_item", schema=None) as batch_op:
        batch_op.drop_index("ix_client_package_item_service_id")

    op.drop_table("client_package_item")
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.drop_index("ix_booking_service_id")
        batch_op.drop_index("ix_booking_package_id")
        batch_op.drop_index("ix_booking_invite_id")
        batch_op.drop_index(
            "ix_booking_held_until",
            sqlite_where=sa.text("held_until IS NOT NULL"),
            postgresql_where=sa.text("held_until IS NOT NULL"),
        )
        batch_op.drop_index("ix_booking_client_package_id_starts_at")
        batch_op.drop_index("ix_booking_client_id_starts_at")
        batch_op.drop_index(
            "ix_booking_busy",
            sqlite_where=sa.text("cancelled_at IS NULL"),
            postgresql_where=sa.text("cancelled_at IS NULL"),
        )

    op.drop_table("booking")
    with op.batch_alter_table("weekly_hours_service", schema=None) as batch_op:
        batch_op.drop_index("ix_weekly_hours_service_service_id")

    op.drop_table("weekly_hours_service")
    with op.batch_alter_table("short_link", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_short_link_package_id",
            sqlite_where=sa.text("retired_at IS NULL"),
            postgresql_where=sa.text("retired_at IS NULL"),
        )

    op.drop_table("short_link")
    with op.batch_alter_table("service_shared_role", schema=None) as batch_op:
        batch_op.drop_index("ix_service_shared_role_role_id")

    op.drop_table("service_shared_role")
    with op.batch_alter_table("service_shared_member", schema=None) as batch_op:
        batch_op.drop_index("ix_service_shared_member_member_id")

    op.drop_table("service_shared_member")
    with op.batch_alter_table("package_team_role", schema=None) as batch_op:
        batch_op.drop_index("ix_package_team_role_role_id")

    op.drop_table("package_team_role")
    with op.batch_alter_table("package_team_member", schema=None) as batch_op:
        batch_op.drop_index("ix_package_team_member_member_id")

    op.drop_table("package_team_member")
    with op.batch_alter_table("package_item", schema=None) as batch_op:
        batch_op.drop_index("ix_package_item_service_id")

    op.drop_table("package_item")
    with op.batch_alter_table("override_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_override_hours_date_override_id")

    op.drop_table("override_hours")
    with op.batch_alter_table("invite", schema=None) as batch_op:
        batch_op.drop_index("ix_invite_sent_by_id")
        batch_op.drop_index("ix_invite_package_id")
        batch_op.drop_index("ix_invite_client_id")

    op.drop_table("invite")
    with op.batch_alter_table("client_package", schema=None) as batch_op:
        batch_op.drop_index("ix_client_package_package_id")
        batch_op.drop_index("ix_client_package_client_id_package_id")
        batch_op.drop_index("ix_client_package_assigned_to_id")

    op.drop_table("client_package")
    with op.batch_alter_table("weekly_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_weekly_hours_member_id")

    op.drop_table("weekly_hours")
    with op.batch_alter_table("time_off", schema=None) as batch_op:
        batch_op.drop_index("ix_time_off_member_id_ends_at")

    op.drop_table("time_off")
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.drop_index("ix_service_owner_id")

    op.drop_table("service")
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.drop_index("ix_package_assigned_to_id")

    op.drop_table("package")
    with op.batch_alter_table("date_override", schema=None) as batch_op:
        batch_op.drop_index("uq_date_override_member_id_date")

    op.drop_table("date_override")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_member_owner",
            sqlite_where=sa.text("is_owner"),
            postgresql_where=sa.text("is_owner"),
        )
        batch_op.drop_index("ix_member_role_id")

    op.drop_table("member")
    op.drop_table("role")
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.drop_index("ix_rate_limit_expires")

    op.drop_table("rate_limit")
    op.drop_table("practice")
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_index("ix_client_name")

    op.drop_table("client")
