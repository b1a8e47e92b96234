"""long lists of clients are quick

A client's row has their name, and all that they're searched by, in lower case: the two databases
don't agree on what that is beyond ASCII, and neither has an index for it. It also says whether the
client is new, with neither session nor package so far. Triggers see to that whoever writes.

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

AT_ONCE = 1_000  # rows
MEETS = {
    f"client_met_{table}_{event.split()[0].lower()}": (table, event)
    for table in ("booking", "client_package")
    for event in ("INSERT", "UPDATE OF client_id")
}


def upgrade() -> None:
    op.add_column("client", sa.Column("name_key", sa.Text(), nullable=False, server_default=""))
    op.add_column("client", sa.Column("found_by", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "client", sa.Column("is_new", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    _fill_in()
    op.drop_index("ix_client_name", "client")
    op.create_index("ix_client_name_key", "client", ["name_key", "id"])
    op.create_index(
        "ix_client_is_new",
        "client",
        ["id"],
        sqlite_where=sa.text("is_new"),
        postgresql_where=sa.text("is_new"),
    )
    op.create_index("ix_booking_member_id_client_id", "booking", ["member_id", "client_id"])
    op.drop_index("ix_booking_client_id_starts_at", "booking")
    op.create_index(
        "ix_booking_client_id_starts_at", "booking", ["client_id", "starts_at", "member_id"]
    )
    op.drop_index("ix_client_package_assigned_to_id", "client_package")
    op.create_index(
        "ix_client_package_assigned_to_id_client_id",
        "client_package",
        ["assigned_to_id", "client_id"],
    )
    op.create_index("ix_message_recipient", "message", ["recipient"])
    _add_triggers()


def _fill_in() -> None:
    client = sa.table(
        "client",
        *(sa.column(name) for name in ("id", "name", "email", "phone", "name_key", "found_by")),
    )
    at = op.get_bind()
    change = (
        sa.update(client)
        .where(client.c.id == sa.bindparam("of"))
        .values(name_key=sa.bindparam("key"), found_by=sa.bindparam("words"))
    )
    last = 0
    while rows := at.execute(
        sa.select(client.c.id, client.c.name, client.c.email, client.c.phone)
        .where(client.c.id > last)
        .order_by(client.c.id)
        .limit(AT_ONCE)
    ).all():
        last = rows[-1].id
        at.execute(
            change,
            [
                {
                    "of": id_,
                    "key": name.lower(),
                    "words": "\n".join((name, email or "", phone or "")).lower(),
                }
                for id_, name, email, phone in rows
            ],
        )
    for table in ("booking", "client_package"):
        op.execute(
            f"UPDATE client SET is_new = false WHERE id IN (SELECT client_id FROM {table})"  # noqa: S608  # no value in it
        )


def _add_triggers() -> None:
    met = "UPDATE client SET is_new = false WHERE id = NEW.client_id AND is_new;"
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute(
            "CREATE FUNCTION client_met() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {met} RETURN NULL; END $$"
        )
    act = f"BEGIN {met} END" if is_sqlite else "EXECUTE FUNCTION client_met()"
    for name, (table, event) in MEETS.items():
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW "
            f"WHEN (NEW.client_id IS NOT NULL) {act}"
        )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (table, _) in MEETS.items():
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
    if not is_sqlite:
        op.execute("DROP FUNCTION client_met()")
    op.drop_index("ix_message_recipient", "message")
    op.drop_index("ix_client_package_assigned_to_id_client_id", "client_package")
    op.create_index("ix_client_package_assigned_to_id", "client_package", ["assigned_to_id"])
    op.drop_index("ix_booking_client_id_starts_at", "booking")
    op.create_index("ix_booking_client_id_starts_at", "booking", ["client_id", "starts_at"])
    op.drop_index("ix_booking_member_id_client_id", "booking")
    op.drop_index("ix_client_is_new", "client")
    op.drop_index("ix_client_name_key", "client")
    op.create_index("ix_client_name", "client", ["name"])
    for column in ("is_new", "found_by", "name_key"):
        op.drop_column("client", column)
