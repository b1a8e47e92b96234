"""When was the last good backup?"""

from datetime import datetime

from sqlalchemy import func, select

from portal.db import db
from portal.models import Act, Activity


def last_backup() -> datetime | None:
    """When the last backup was begun that was looked through and found good; None: never."""
    made = select(func.max(Activity.at)).where(Activity.act == Act.BACKED_UP)
    return db.session.scalar(made)
