"""Is there a good backup that is fresh?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app

from portal.health.faults import Fault
from portal.queries.backups import last_backup

TOO_OLD = timedelta(days=2)
"""The worker makes one each night, so by then two nights went wrong."""

MEND = "Run `flask backup`: it says what is wrong. The worker makes one each night while it runs."


def backup_is_fresh(now: datetime) -> Sequence[Fault]:
    """The last backup that was found good isn't old. Where the worker makes none, nobody asks."""
    if not current_app.config["BACKUP_KEEP_DAYS"]:
        return []
    made = last_backup()
    if made is None:
        return [Fault("backup", "No backup has been made yet.", MEND)]
    if now - made > TOO_OLD:
        return [Fault("backup", f"The last good backup is of {made:%Y-%m-%d %H:%M} UTC.", MEND)]
    return []
