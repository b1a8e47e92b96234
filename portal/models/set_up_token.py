"""The token that opens the set-up page while there is no practice yet."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class SetUpToken(Base):
    """One row from a start of the site until its clinic is set up, none afterwards."""

    __tablename__ = "set_up_token"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
