"""Load a clinic into an empty database, quickly where the same one was loaded before.

Most tests begin with one of a few clinics. On SQLite the file that came of loading one is kept, and
copied for the next test that wants it; on PostgreSQL each is loaded anew.
"""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, make_url, select, text

from portal import clinic_file
from portal.db import db
from portal.models import Practice

_folder = tempfile.TemporaryDirectory(prefix="clinics-")
_kept: dict[tuple[Any, ...], Path] = {}


def load_clinic(
    document: dict[str, Any], now: datetime, then: Callable[[], None] | None = None
) -> None:
    """Load a clinic file's content, and do what comes `then`, in the application that is current.

    It's for what a test finds, not for what it's about: tests of loading call clinic_file.load.
    """
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() != "sqlite" or _has_a_clinic():
        _really_load(document, now, then)
        return
    path, hashing = Path(url.database or ""), _hashing() if then else ""
    key = (str(document), now, then, hashing, _schema())
    if key not in _kept:
        _really_load(document, now, then)
        _close(path)
        _kept[key] = Path(shutil.copy(path, f"{_folder.name}/{len(_kept)}.db"))
    else:
        _close(path)
        shutil.copyfile(_kept[key], path)


def _hashing() -> str:
    """How passwords are hashed just now, which is in the file with them."""
    return str(current_app.extensions["security"].pwd_context.to_dict())


def _schema() -> str:
    """What a test may have changed before it loads a clinic: it may have taken the guard out."""
    parts = "SELECT group_concat(sql) FROM sqlite_master UNION ALL SELECT version_num FROM "
    return str(db.session.scalars(text(parts + "alembic_version")).all())


def _has_a_clinic() -> bool:
    return db.session.scalar(select(func.count()).select_from(Practice)) != 0


def _really_load(document: dict[str, Any], now: datetime, then: Callable[[], None] | None) -> None:
    clinic_file.load(document, now)
    if then:
        then()


def _close(path: Path) -> None:
    db.session.remove()
    db.engine.dispose()
    assert not Path(f"{path}-wal").exists(), "a connection is open: the copy would lack its pages"
