"""Team booking: whom a package lets clients book with besides its assigned practitioner.

The rule itself is the value object in portal/scheduling/eligibility.py; these are the columns that
a package and a client's package both have. The lists are kept while the choice is another one, or
the toggle is off, so that going back restores them.
"""

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, by_value
from portal.scheduling.eligibility import Allow


class TeamBookingColumns:
    """The toggle and the picklist *Allow bookings with*."""

    team_booking_enabled: Mapped[bool] = mapped_column(default=False)
    team_booking_allow: Mapped[Allow] = mapped_column(by_value(Allow), default=Allow.ASSIGNED)


def restrict_to(owner: str, restricted: str) -> Table:
    """The table of the field *Restrict to*: which members or roles an owner's list names."""
    return Table(
        f"{owner}_team_{restricted}",
        Base.metadata,
        Column(f"{owner}_id", ForeignKey(f"{owner}.id", ondelete="CASCADE"), primary_key=True),
        Column(f"{restricted}_id", ForeignKey(f"{restricted}.id"), primary_key=True, index=True),
    )
