"""A lively clinic, so that there's something in nearly every table, on either database."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import make_url

from portal import demo
from portal.models import MailSecurity, MailSettings, Member, Passkey, RateLimit, SetUpToken
from portal.safekeeping.moving import move
from portal.transaction import transaction
from tests.cli.conftest import application
from tests.clinics import NOW
from tests.conftest import ENGINES, dispose
from tests.postgresql import database_on, execute


@pytest.fixture(scope="session")
def lively_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the sample clinic, and with what that one doesn't have."""
    path = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("lively") / "clinic.db"))
    app = application(f"sqlite:///{path}")
    with app.app_context():
        demo.load_demo(NOW)
        with transaction() as session:
            ana = session.get_one(Member, 1)
            session.add_all(
                [
                    MailSettings(
                        server="mail.example.com",
                        port=587,
                        security=MailSecurity.STARTTLS,
                        sender="clinic@example.com",
                    ),
                    Passkey(
                        user_id=ana.id,
                        credential_id=b"\x00\xff",
                        public_key=b"\x01\x80",
                        backup_state=True,
                        device_type="multi_device",
                        create_datetime=NOW,
                        lastuse_datetime=NOW,
                        name="Phone",
                        usage="first",
                    ),
                    RateLimit(key="é:Z", count=2, expires=5),
                    SetUpToken(token_hash="0" * 64, created_at=NOW),
                ]
            )
    dispose(app)
    return path


@pytest.fixture(scope="session")
def lively_template(postgresql_url: str, lively_file: Path) -> Iterator[str]:
    """The name of a PostgreSQL database with the same."""
    name = f"lively_{uuid4().hex}"
    execute(postgresql_url, f"CREATE DATABASE {name}")
    source = application(f"sqlite:///{lively_file}")
    with source.app_context():
        move(make_url(database_on(postgresql_url, name)))
    dispose(source)
    yield name
    execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def lively_sqlite(lively_file: Path, tmp_path: Path) -> str:
    """The address of a copy of that file."""
    return f"sqlite:///{shutil.copy(lively_file, tmp_path / 'clinic.db')}"


@pytest.fixture
def lively_postgresql(postgresql_url: str, lively_template: str) -> Iterator[str]:
    """The address of a copy of that database, in which nobody else is."""
    name = f"lively_{uuid4().hex}"
    copy = f"TEMPLATE {lively_template} STRATEGY FILE_COPY"
    execute(postgresql_url, f"CREATE DATABASE {name} {copy}")
    yield database_on(postgresql_url, name)
    execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ENGINES])
def lively_url(request: pytest.FixtureRequest) -> str:
    """The address of a database with that clinic, once on each engine."""
    return request.getfixturevalue(f"lively_{request.param}")


@pytest.fixture
def lively_app(lively_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on such a database; its backups go below tmp_path."""
    yield from with_backups_below(tmp_path, lively_url)


@pytest.fixture
def app_on_sqlite(lively_sqlite: str, tmp_path: Path) -> Iterator[Flask]:
    """The same, on SQLite alone."""
    yield from with_backups_below(tmp_path, lively_sqlite)


def with_backups_below(folder: Path, url: str) -> Iterator[Flask]:
    app = application(url)
    app.config["BACKUP_FOLDER"] = str(folder / "backups")
    yield app
    dispose(app)
