"""The night's backup."""

import logging
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from portal.errors import PortalError
from portal.safekeeping.keeping import back_up_if_due

TRY_AGAIN = timedelta(hours=1)
"""How long after a backup that failed the next one is tried."""

log = logging.getLogger(__name__)


class Nightly:
    """The night's backup, tried again after a while when it fails."""

    def __init__(self) -> None:
        self.not_before: datetime | None = None

    def __call__(self, now: datetime) -> None:
        """Back up if it's time. What goes wrong is logged: the worker has other things to do."""
        if self.not_before is not None and now < self.not_before:
            return
        try:
            back_up_if_due(now)
        except (PortalError, OSError, DBAPIError) as error:
            log.error("the backup failed, and is tried again in an hour: %s", error)
            self.not_before = now + TRY_AGAIN
