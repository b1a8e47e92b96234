"""holds that ran out are found at once

Whoever holds a time looks for those of its practitioner that ran out. There is an index of holds by
practitioner now, without those that were let go of: the former one, of all holds by their time, was
passed over for one of all of the practitioner's sessions.

Revision: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

HELD = sa.text("held_until IS NOT NULL AND cancelled_at IS NULL")
EVER_HELD = sa.text("held_until IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_booking_held",
        "booking",
        ["member_id", "held_until"],
        sqlite_where=HELD,
        postgresql_where=HELD,
    )
    op.drop_index("ix_booking_held_until", "booking")


def downgrade() -> None:
    op.create_index(
        "ix_booking_held_until",
        "booking",
        ["held_until"],
        sqlite_where=EVER_HELD,
        postgresql_where=EVER_HELD,
    )
    op.drop_index("ix_booking_held", "booking")
