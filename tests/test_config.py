"""Settings: parsed, derived, and refused by name."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal import config
from portal.config import SETTINGS, settings_from
from portal.errors import WrongSetting

ROOT = Path(__file__).resolve().parent.parent
KEY = "a key that nobody guesses"


def test_without_any_setting_there_is_a_sqlite_file_in_instance_and_a_kept_secret() -> None:
    settings = settings_from({})
    assert settings["DATABASE_URL"].endswith("instance/clinic.db")
    assert len(settings["SECRET_KEY"]) >= 32
    assert settings["SECRET_KEY"] == settings_from({})["SECRET_KEY"]
    assert settings["BASE_URL"] == "http://127.0.0.1:8000"


def test_the_address_follows_the_port_unless_it_is_given() -> None:
    assert settings_from({"PORT": "8080"})["BASE_URL"] == "http://127.0.0.1:8080"
    given = {"PORT": "8080", "BASE_URL": "https://book.example.com/"}
    assert settings_from(given)["BASE_URL"] == "https://book.example.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "eighty", id="a port that isn't a number"),
        pytest.param("PORT", "70000", id="a port that doesn't exist"),
        pytest.param("DATABASE_URL", "mysql://host/clinic", id="a database we don't support"),
        pytest.param("DATABASE_URL", "clinic.db", id="a database without a scheme"),
        pytest.param("BASE_URL", "book.example.com", id="an address without a scheme"),
        pytest.param("BASE_URL", "javascript:alert(1)", id="an address that isn't one"),
        pytest.param("MAIL_USE_TLS", "perhaps", id="neither yes nor no"),
        pytest.param("SHORT_LINK_MISSES", "many", id="a rate that isn't one"),
        pytest.param("WEB_PROCESSES", "0", id="no process at all"),
        pytest.param("SECRET_KEY", "a", id="a key that anybody guesses"),
        pytest.param("BACKUP_FOLDER", "backups", id="a folder beside wherever it's started"),
        pytest.param("BACKUP_FOLDER", __file__, id="a file for a folder"),
        pytest.param("BACKUP_FOLDER", f"{__file__}/backups", id="a folder below a file"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=name):
        settings_from({name: value})


def test_a_secret_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(WrongSetting, match="whoever guesses it can sign in") as refused:
        settings_from({"SECRET_KEY": "hush hush", "METRICS_TOKEN": "hush hush"})
    assert "METRICS_TOKEN: at least 16 characters" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_backups_may_go_to_a_folder_that_is_to_be_made(tmp_path: Path) -> None:
    for folder in (str(tmp_path), str(tmp_path / "to" / "be-made"), "~/backups"):
        assert settings_from({"BACKUP_FOLDER": folder})["BACKUP_FOLDER"] == folder


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(WrongSetting) as refused:
        settings_from({"PORT": "x", "WEB_PROCESSES": "y", "MAIL_PORT": "0"})
    assert [line.split("=")[0] for line in str(refused.value).splitlines()] == [
        "PORT",
        "WEB_PROCESSES",
        "MAIL_PORT",
    ]


def test_starting_with_a_wrong_setting_ends_with_a_sentence_and_no_stack_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import app"],
        cwd=ROOT,
        env={"PORT": "eighty", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "PORT='eighty': a whole number from 1 to 65535 is needed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    file.write_text("a key of many letters\n")
    assert settings_from({"SECRET_KEY_FILE": str(file)})["SECRET_KEY"] == "a key of many letters"
    given = {"PORT_FILE": str(file), "SECRET_KEY": KEY, "SECRET_KEY_FILE": str(file)}
    with pytest.raises(WrongSetting, match="PORT='a key of many letters'"):
        settings_from(given)
    assert settings_from({**given, "PORT": "8080"})["SECRET_KEY"] == KEY


@pytest.mark.parametrize(
    ("content", "why"), [(None, "no such file"), (b"\xff\xfe", "no text")], ids=["none", "bytes"]
)
def test_a_file_that_cant_be_read_is_refused_by_name(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(WrongSetting, match=f"MAIL_PASSWORD_FILE=.*the file can't be read .{why}"):
        settings_from({"MAIL_PASSWORD_FILE": str(file)})


@pytest.mark.parametrize("setting", ["SECRET_KEY", "DATABASE_URL"])
def test_where_nothing_can_be_kept_a_sentence_says_what_to_give(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"SECRET_KEY": KEY, "DATABASE_URL": "postgresql://host/clinic"}
    # Root may write anywhere but below a file, so that's what stands for a read-only folder.
    (tmp_path / "file").touch()
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "file" / "instance")
    assert settings_from(given)["SECRET_KEY"] == KEY
    del given[setting]
    with pytest.raises(WrongSetting, match=rf"{setting}: it isn't given.*\(not a directory\)"):
        settings_from(given)


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    assert not [setting.name for setting in SETTINGS if f"`{setting.name}`" not in readme]
