"""What the machine has to give: the right time, zones that are up to date, room, a kept secret."""

import re
import shutil
import stat
import zoneinfo
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from flask import current_app
from sqlalchemy import func, make_url, select, text

from portal.config import INSTANCE
from portal.db import db
from portal.health.faults import Fault
from portal.models import Activity, Member, Practice

DRIFT = timedelta(seconds=5)
"""How far the clocks of two machines may be apart: what is due is compared by either."""

STEP = timedelta(minutes=5)
"""How far ahead of now the last entry of the log may be; further, and the clock was put back."""

OLD_ZONES = 2  # years
ENOUGH_ROOM = 500 * 1024 * 1024  # bytes
ENOUGH_SECRET = 32  # characters


def clock_is_right(now: datetime) -> Sequence[Fault]:
    """Our clock and the database's agree, and ours wasn't put back."""
    faults = []
    mend = "Let the machines set their clocks from the network (chrony, systemd-timesyncd)."
    if db.engine.dialect.name == "postgresql":
        theirs = db.session.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar()
        apart = abs(float(theirs or 0) - now.timestamp())
        if apart > DRIFT.total_seconds():
            sentence = f"This machine's clock and the database's are {apart:.0f} seconds apart."
            faults.append(Fault("clock", sentence, mend))
    last = db.session.scalar(select(func.max(Activity.at)))
    if last is not None and last > now + STEP:
        sentence = f"The last thing that was done here happened at {last:%Y-%m-%d %H:%M} UTC, "
        sentence += f"and the clock shows {now:%Y-%m-%d %H:%M} UTC: it was put back."
        faults.append(Fault("clock", sentence, mend))
    return faults


def zones_are_known(now: datetime) -> Sequence[Fault]:
    """Every zone of the practice and its team is known, from rules of recent years."""
    used = select(Practice.timezone).union(select(Member.timezone))
    faults = []
    mend = "Bring the machine's package tzdata up to date, or the one in .venv: `make fresh`."
    for zone in sorted(filter(None, db.session.scalars(used))):
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            faults.append(Fault("zones", f"The time zone {zone} isn't known here.", mend))
    version = zones_version()
    if version and now.year - int(version[:4]) >= OLD_ZONES:
        sentence = f"The rules of time zones are those of {version}: clocks may change otherwise."
        faults.append(Fault("zones", sentence, mend))
    return faults


def zones_version() -> str | None:
    """The release of the rules in use, such as 2026b; None where it can't be told."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "UTC").exists():
            # The machine's rules come first, and Python asks the package only without them.
            for name in ("tzdata.zi", "+VERSION"):
                if (folder / name).exists():
                    with (folder / name).open() as file:
                        return _release(file.readline())
            return None
    try:
        return _release(import_module("tzdata").IANA_VERSION)
    except ImportError:
        return None


def _release(words: str) -> str | None:
    found = re.search(r"\b(20\d\d[a-z])\b", words)
    return found.group(1) if found else None


def disk_has_room(now: datetime) -> Sequence[Fault]:
    """There is room where the database is, or on PostgreSQL where this machine keeps its files."""
    url = make_url(current_app.config["DATABASE_URL"])
    on_sqlite = url.get_backend_name() == "sqlite" and url.database
    folder = Path(url.database).resolve().parent if on_sqlite and url.database else INSTANCE.parent
    free = shutil.disk_usage(folder).free
    if free >= ENOUGH_ROOM:
        return []
    sentence = f"Only {free // 1024**2} MB are free in {folder}."
    return [Fault("disk", sentence, "Make room: without any, nobody can book.")]


def secret_is_kept(now: datetime) -> Sequence[Fault]:
    """SECRET_KEY is long, the same for all processes, and a file with it is nobody else's."""
    config, file = current_app.config, INSTANCE / "secret_key"
    if len(config["SECRET_KEY"]) < ENOUGH_SECRET:
        return [
            Fault(
                "secret_key",
                f"SECRET_KEY has fewer than {ENOUGH_SECRET} characters, so it may be guessed.",
                "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'. "
                "Everybody has to sign in again, and a mail server's password to be typed again.",
            )
        ]
    if not file.exists() or file.read_text() != config["SECRET_KEY"]:
        return []
    faults = []
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        sentence = f"{file} may be read by others on this machine (mode {mode:o})."
        faults.append(Fault("secret_key", sentence, f"Run: chmod 600 {file}"))
    if db.engine.dialect.name == "postgresql":
        sentence = f"SECRET_KEY isn't set: each machine would make its own, as this one in {file}."
        mend = "Set SECRET_KEY, to the same value on each machine of the clinic."
        faults.append(Fault("secret_key", sentence, mend))
    return faults
