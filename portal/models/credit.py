"""Credits: a ledger of entries. What is left is their sum, and no entry is ever changed.

The database itself refuses a change, an entry that would leave less than nothing, and a second one
that takes for the same booking (see migrations/).
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, by_value


class CreditKind(StrEnum):
    """Why an entry was made."""

    GRANT = "grant"
    TAKE = "take"
    RETURN = "return"
    ADJUST = "adjust"


class Why(StrEnum):
    """What the portal itself writes as the reason of an entry; people write their own words."""

    PACKAGE_BOOKED = "Package booked"
    PACKAGE_MADE = "Package made by the clinic"
    COUNT_CHANGED = "Number of sessions changed"
    RESET = "Reset to the template"
    BOOKED = "Session booked"
    LINKED = "Session linked to the package"
    UNLINKED = "Session unlinked from the package"
    DECLINED = "Request declined"
    LAPSED = "Request lapsed"
    CANCELLED_BY_CLIENT = "Cancelled by the client"
    CANCELLED_BY_CLINIC = "Cancelled by the clinic"
    RESTORED = "Cancellation taken back"
    RETURNED = "Returned by the clinic"
    COMPLETED = "Session took place after all"


class CreditEntry(Base):
    """One change of a client's sessions of one service, with when, by whom and why.

    `amount` is in sessions: what a package has in all is the sum of grants and adjustments,
    what is left is the sum of all entries.
    """

    __tablename__ = "credit_entry"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint(
            "(kind IN ('take', 'return')) = (booking_id IS NOT NULL)", name="booking_when_used"
        ),
        CheckConstraint(
            "(kind <> 'take' OR amount = -1) AND (kind <> 'return' OR amount = 1)", name="one_each"
        ),
        Index("ix_credit_entry_client_package_id_service_id", "client_package_id", "service_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_package_id: Mapped[int] = mapped_column(ForeignKey("client_package.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    kind: Mapped[CreditKind] = mapped_column(by_value(CreditKind))
    amount: Mapped[int]
    at: Mapped[datetime]
    # the member who did it; null: the client, or the system
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    why: Mapped[str] = mapped_column(String(500), default="")
