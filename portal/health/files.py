"""What lies on this machine's disk: the database's file, the folder for backups, the languages."""

import os
import stat
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from portal import languages
from portal.health.faults import Fault
from portal.safekeeping.places import backup_folder, database_url


def database_is_private(now: datetime) -> Sequence[Fault]:
    """No other user of the machine can read SQLite's file. New ones are made like that."""
    url = database_url()
    file = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or not file.is_file():
        return []
    mode = stat.S_IMODE(file.stat().st_mode)
    if not mode & 0o077:
        return []
    sentence = f"{file} may be read by others on this machine (mode {mode:o})."
    return [Fault("database_file", sentence, f"Stop the site, and run: chmod 600 {file}*")]


def backups_can_be_written(now: datetime) -> Sequence[Fault]:
    """The folder for backups takes files, or can be made."""
    folder = backup_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return []
    sentence = f"No backup can be written to {folder}: {there} "
    sentence += "doesn't let us." if there.is_dir() else "is no folder."
    mend = "Mount its disk, let the site write there, or set another BACKUP_FOLDER."
    return [Fault("backup_folder", sentence, mend)]


def languages_are_compiled(now: datetime) -> Sequence[Fault]:
    """Each language that there are texts for can be used."""
    return [
        Fault(
            "languages",
            f"The texts of the language {tag} aren't compiled, so its readers get English.",
            "Run `make languages`, and start the site again.",
        )
        for tag in languages.not_compiled()
    ]
