"""A mark by which whoever has read what the practice set up knows whether it's still the same."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class SetUpMark(Base):
    """One row, once anything was set up. The database's own triggers write it: see 0015.

    They do at whatever changes the practice, services, packages, the team's names, roles and hours,
    or the practice's own words.
    """

    __tablename__ = "set_up_mark"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    mark: Mapped[str] = mapped_column(String(40))
