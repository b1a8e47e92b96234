"""The worker's backups: one each night, so many of them kept. Also the one before a migration."""

import logging
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import inspect, text

from portal.db import db, opened
from portal.models import Practice
from portal.queries.backups import last_backup
from portal.safekeeping import places
from portal.safekeeping.backups import STAMP, Backup, back_up, remember, usual_path

NIGHT = time(3)
"""When the day's backup is due, clinic time. A site that is off then makes it later."""

OURS = re.compile(r"clinic-(\d{8}T\d{6}Z)(?:-\d+)?\.(?:db|sealed)")

log = logging.getLogger(__name__)


def back_up_if_due(now: datetime) -> Backup | None:
    """Make the night's backup and let go of old ones, unless somebody has made it or is at it."""
    if not _is_due(now):
        return None
    with places.taking_turns(wait=False) as our_turn:
        # Whoever's turn it was before us has made it, perhaps.
        if not our_turn or not _is_due(now):
            return None
        backup = back_up(usual_path(now), now)
        remember(backup, now)
    for old in superfluous(places.backup_folder().iterdir()):
        with suppress(OSError):
            old.unlink()
    log.info("made the backup %s", backup.path)
    return backup


def superfluous(files: Iterable[Path]) -> list[Path]:
    """Of the backups with a usual name, those that needn't be kept any more.

    The newest of each of the last BACKUP_KEEP_DAYS days that have one is kept, and of each of the
    last BACKUP_KEEP_WEEKS weeks before; days and weeks are UTC's. Counted are days with backups and
    not days of the calendar, so that old ones stay while no new ones come.
    """
    made: dict[date, list[Path]] = {}
    for file in sorted(files, reverse=True):
        if (found := OURS.fullmatch(file.name)) and (day := _day(found[1])):
            made.setdefault(day, []).append(file)
    daily = current_app.config["BACKUP_KEEP_DAYS"]
    keep = [of_a_day[0] for of_a_day in list(made.values())[:daily]]
    weeks: dict[tuple[int, int], Path] = {}
    for day, (newest, *_) in list(made.items())[daily:]:
        weeks.setdefault(day.isocalendar()[:2], newest)
    keep += list(weeks.values())[: current_app.config["BACKUP_KEEP_WEEKS"]]
    return [file for of_a_day in made.values() for file in of_a_day if file not in keep]


def before_migration(now: datetime) -> Backup | None:
    """Make a backup of the site's database if there's a clinic in it; returns it.

    Raises what `back_up` raises: then nothing may be migrated.
    """
    with opened(places.database_url()) as engine, engine.connect() as connection:
        if not inspect(connection).has_table(Practice.__tablename__):
            return None
        # In whatever state the table is, it has rows or it has none.
        if connection.scalar(text("SELECT count(*) FROM practice")) == 0:
            return None
    with places.taking_turns():
        return back_up(usual_path(now), now)


def _is_due(now: datetime) -> bool:
    if not current_app.config["BACKUP_KEEP_DAYS"]:
        return False
    practice = db.session.get(Practice, 1)
    last = last_backup()
    zone = ZoneInfo(practice.timezone) if practice else None
    db.session.rollback()
    if zone is None:
        return False
    here = now.astimezone(zone)
    due = datetime.combine(here.date(), NIGHT, zone)
    if due > here:
        due = datetime.combine(here.date() - timedelta(days=1), NIGHT, zone)
    return last is None or last < due


def _day(stamp: str) -> date | None:
    with suppress(ValueError):
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC).date()
    return None
