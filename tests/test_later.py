"""What is loaded late: not before it's needed, and then whole."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from portal.later import bring_in, left_out
from tests.conftest import ROOT, SECRET_KEY

SERVES = """
import sys, app, portal.worker
from portal.web.warming import warm_up
warm_up(app.app)
print(*sys.modules)
"""

HAS_A_QUEUE = """
from portal import create_app
from portal.work_queue import open_queue
print(open_queue(create_app()).storage.queue_size())
"""

SELDOM = {
    "alembic",
    "cryptography",
    "flask_migrate",
    "jsonschema",
    "nh3",
    "portal.clinic_file",
    "prometheus_client",
    "psycopg",
    "qrcode",
    "sqlite3",
    "webauthn",
    "zxcvbn",
}
"""What nobody needs who looks for a time on SQLite, nor a worker that has little to do."""

BORROWERS = [
    ("webauthn", "flask_security.webauthn"),
    ("webauthn", "flask_security.webauthn_util"),
    ("cryptography", "passlib.totp"),
    ("psycopg", "huey.storage"),
]


def run(program: str, database_url: str) -> list[str]:
    """The words that a new process says."""
    settings = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET_KEY}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=settings, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_what_serves_on_sqlite_has_nothing_of_what_is_needed_seldom(tmp_path: Path) -> None:
    loaded = run(SERVES, f"sqlite:///{tmp_path}/clinic.db")
    assert "portal.worker" in loaded
    assert SELDOM.intersection(loaded) == set()


def test_a_new_process_has_a_queue_on_either_database(database_url: str) -> None:
    assert run(HAS_A_QUEUE, database_url) == ["0"]


@pytest.mark.parametrize(("package", "borrower"), BORROWERS)
def test_it_is_as_if_it_had_been_there_from_the_start(package: str, borrower: str) -> None:
    """Another import of the same module, with nothing left out, has the same names."""
    spec = import_module(borrower).__spec__
    assert spec
    assert spec.loader
    whole = ModuleType(borrower)
    whole.__spec__, whole.__package__ = spec, spec.parent
    spec.loader.exec_module(whole)
    bring_in(package, borrower)
    brought = vars(import_module(borrower))
    borrowed = {name for name, value in vars(whole).items() if is_of(value, package)}
    assert borrowed
    assert {name: brought.get(name) for name in borrowed} == {
        name: vars(whole)[name] for name in borrowed
    }


def is_of(value: object, package: str) -> bool:
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    return isinstance(name, str) and name.partition(".")[0] == package


def test_a_library_finds_nothing_that_is_left_out_and_everybody_finds_it_later() -> None:
    sys.modules.pop("this", None)
    with left_out("this"), pytest.raises(ImportError):
        import_module("this")
    assert "this" not in sys.modules


def test_what_is_there_already_is_not_left_out() -> None:
    with left_out("json"):
        assert import_module("json") is sys.modules["json"]
    assert sys.modules["json"]
