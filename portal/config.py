"""Every setting, its default and what it is for. All of them come from the environment.

A wrong value is refused by name when the application is made, never later. A setting may stand in a
file instead, which the variable of its name and _FILE names: that's how containers get secrets.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from portal.errors import WrongSetting
from portal.logs import LogFormat

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
IN_FILE = "_FILE"
"""At the end of a variable's name: its value is the path of the file that has the setting."""

TOKEN_CHARACTERS = 16  # at least, of a secret that a program sends
SECRET_CHARACTERS = 16  # at least, of the key; `flask doctor` wants more


def _text(value: str) -> str:
    return value


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"a whole number from {least} to {most} is needed") from None
        if not least <= number <= most:
            raise ValueError(f"a whole number from {least} to {most} is needed")
        return number

    return parse


def _yes_or_no(value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False, "": False}
    try:
        return words[value.strip().lower()]
    except KeyError:
        raise ValueError("yes or no is needed") from None


def _database(value: str) -> str:
    """A SQLAlchemy address with the driver that this project uses for each database."""
    scheme, colon, rest = value.partition("://")
    if not colon:
        raise ValueError("an address such as sqlite:///clinic.db or postgresql://… is needed")
    if scheme in ("sqlite", "sqlite+pysqlite"):
        return f"sqlite+pysqlite://{rest}"
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    raise ValueError("only sqlite:// and postgresql:// addresses are supported")


def database_of(address: str) -> URL:
    """The address of a database as SQLAlchemy takes it. Raises WrongSetting where it's none."""
    try:
        return make_url(_database(address))
    except (ValueError, ArgumentError) as reason:
        raise WrongSetting(f"{address}: {reason}") from None


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("an address such as https://book.example.com is needed")
    return value.rstrip("/")


def _log_format(value: str) -> LogFormat:
    try:
        return LogFormat(value.strip().lower())
    except ValueError:
        raise ValueError("text or json is needed") from None


def _token(value: str) -> str:
    if len(value) < TOKEN_CHARACTERS:
        raise ValueError(f"at least {TOKEN_CHARACTERS} characters are needed")
    return value


def _secret(value: str) -> str:
    if len(value) < SECRET_CHARACTERS:
        raise ValueError(
            f"at least {SECRET_CHARACTERS} characters are needed, because whoever guesses it can "
            "sign in as anybody; python3 -c 'import secrets; print(secrets.token_urlsafe(48))' "
            "makes a good one"
        )
    return value


def _folder(value: str) -> str:
    """A folder by its whole path, there already or to be made."""
    try:
        folder = Path(value).expanduser()
        if not folder.is_absolute():
            raise ValueError("a whole path such as /mnt/backups is needed")
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except (OSError, RuntimeError) as reason:  # forbidden to look there, or ~ of nobody
        raise ValueError(f"a folder is needed ({reason})") from None
    if not there.is_dir():
        raise ValueError(f"a folder is needed, and {there} is none")
    return value


def _rate(value: str) -> str:
    from limits import parse_many

    try:
        parse_many(value)
    except ValueError:
        raise ValueError("a rate such as “20 per minute” is needed") from None
    return value


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in the environment, default as text, parser and a sentence.

    One that's secret isn't repeated where it's refused.
    """

    name: str
    default: str
    parse: Callable[[str], Any]
    about: str
    is_secret: bool = False


SETTINGS = (
    Setting("DATABASE_URL", "", _database, "The database; default: a SQLite file in instance/."),
    Setting(
        "SECRET_KEY", "", _secret, "Signs cookies; default: made once, kept in instance/.", True
    ),
    Setting("BASE_URL", "", _web_address, "The site's public address; links in mail use it."),
    Setting("HOST", "127.0.0.1", _text, "The address that `flask up` listens on."),
    Setting("PORT", "8000", _whole_number(1, 65535), "The port that `flask up` listens on."),
    Setting("WEB_PROCESSES", "2", _whole_number(1, 64), "Web processes that `flask up` starts."),
    Setting("TRUSTED_PROXIES", "0", _whole_number(0, 8), "Reverse proxies in front of the site."),
    Setting("MAIL_SERVER", "", _text, "The SMTP host; empty: mail waits in the outbox."),
    Setting("MAIL_PORT", "587", _whole_number(1, 65535), "The SMTP port."),
    Setting("MAIL_USE_TLS", "yes", _yes_or_no, "STARTTLS on the SMTP connection."),
    Setting("MAIL_USE_SSL", "no", _yes_or_no, "TLS from the first byte (port 465)."),
    Setting("MAIL_USERNAME", "", _text, "The SMTP user; empty: none."),
    Setting("MAIL_PASSWORD", "", _text, "The SMTP password."),
    Setting("MAIL_SENDER", "bookings@localhost", _text, "The address that mail comes from."),
    Setting("LOG_FORMAT", "text", _log_format, "How log lines are written: text or json."),
    Setting(
        "SLOW_REQUEST_MS", "1000", _whole_number(1, 600_000), "What takes longer is a warning."
    ),
    Setting(
        "METRICS_TOKEN", "", _token, "Opens /metrics to who sends it; empty: it isn't there.", True
    ),
    Setting("BACKUP_FOLDER", "", _folder, "Where backups go; default: beside the database."),
    Setting("BACKUP_PASSPHRASE", "", _text, "Encrypts backups; empty: they aren't encrypted."),
    Setting("BACKUP_KEEP_DAYS", "14", _whole_number(0, 3650), "Days of backups kept; 0: none."),
    Setting("BACKUP_KEEP_WEEKS", "8", _whole_number(0, 520), "Weeks of which one more is kept."),
    Setting("SHORT_LINK_MISSES", "20 per minute", _rate, "Unknown short codes tried per visitor."),
    Setting("LINK_MISSES", "20 per minute", _rate, "Unknown private links tried per visitor."),
    Setting("HOLDS", "20 per 10 minutes; 60 per hour", _rate, "Times held per visitor."),
    Setting("BOOKINGS", "10 per hour; 30 per day", _rate, "Sessions booked per visitor."),
    Setting("ADDRESS_BOOKINGS", "10 per day", _rate, "Sessions booked per address by anybody."),
    Setting("CHANGES", "20 per hour", _rate, "Sessions moved, cancelled, restored per visitor."),
    Setting("SIGN_IN_TRIES", "10 per minute", _rate, "Sign-in attempts per visitor."),
    Setting("PASSWORD_TRIES", "20 per 10 minutes; 100 per day", _rate, "Passwords per address."),
    Setting("CODE_TRIES", "5 per minute; 30 per hour", _rate, "Second-factor codes per member."),
    Setting("RECOVERY_MAILS", "5 per hour", _rate, "Mails for a forgotten password per address."),
    Setting("INVITES", "60 per hour; 300 per day", _rate, "Invites mailed per member."),
    Setting("TEST_MAILS", "20 per 10 minutes", _rate, "Tests of a mail server per member."),
    Setting("IMPORTS", "20 per hour", _rate, "Files of clients uploaded per member."),
    Setting("EXPORTS", "20 per hour", _rate, "Files with clients' data taken out."),
)


def settings_from(environment: Mapping[str, str]) -> dict[str, Any]:
    """All settings by name, parsed.

    Raises WrongSetting that names every wrong one and says what is needed.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for setting in SETTINGS:
        name = setting.name
        try:
            given = environment.get(name, "") or _in_file(environment, name)
        except ValueError as reason:
            wrong.append(str(reason))
            continue
        text = given if given.strip() else setting.default
        try:
            values[name] = setting.parse(text) if text else ""
        except ValueError as reason:
            shown = name if setting.is_secret else f"{name}={text!r}"
            wrong.append(f"{shown}: {reason}")
    if values.get("MAIL_USE_TLS") and values.get("MAIL_USE_SSL") and "MAIL_USE_TLS" in environment:
        wrong.append("MAIL_USE_TLS and MAIL_USE_SSL: choose one of them")
    if wrong:
        raise WrongSetting("\n".join(wrong))
    return values | _derived(values)


def _in_file(environment: Mapping[str, str], name: str) -> str:
    """The setting's text from the file that its variable names, without the last line's end."""
    file = environment.get(f"{name}{IN_FILE}", "")
    if not file:
        return ""
    try:
        return Path(file).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as reason:
        why = os.strerror(reason.errno or 0).lower() if isinstance(reason, OSError) else "no text"
        raise ValueError(f"{name}{IN_FILE}={file!r}: the file can't be read ({why})") from None


def _derived(values: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from other settings when it isn't given."""
    derived: dict[str, Any] = {}
    if not values["DATABASE_URL"]:
        _make_instance("DATABASE_URL")
        derived["DATABASE_URL"] = f"sqlite+pysqlite:///{INSTANCE / 'clinic.db'}"
    if not values["SECRET_KEY"]:
        derived["SECRET_KEY"] = _kept_secret("secret_key", "SECRET_KEY")
        derived["SECRET_KEY_KEPT_IN"] = str(INSTANCE / "secret_key")
    if not values["BASE_URL"]:
        derived["BASE_URL"] = f"http://{values['HOST']}:{values['PORT']}"
    if values["MAIL_USE_SSL"]:
        derived["MAIL_USE_TLS"] = False
    return derived


def _make_instance(setting: str) -> None:
    """Make the folder for what the site keeps. Raises WrongSetting: then the setting is needed."""
    try:
        INSTANCE.mkdir(exist_ok=True)
    except OSError as reason:
        raise _not_kept(setting, reason) from reason


def _kept_secret(name: str, setting: str) -> str:
    """A random secret that is made on first use and readable by this user only."""
    _make_instance(setting)
    path = INSTANCE / name
    try:
        # Exclusive creation: of two processes that start at once, one makes it, both read it.
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
        ):
            file.write(secrets.token_urlsafe(48))
        return path.read_text()
    except OSError as reason:
        raise _not_kept(setting, reason) from reason


def _not_kept(setting: str, reason: OSError) -> WrongSetting:
    why = os.strerror(reason.errno or 0).lower()
    return WrongSetting(
        f"{setting}: it isn't given, and {INSTANCE}, where it would be kept, can't be used "
        f"({why}). Give {setting}, or let the site write there."
    )


def from_environment(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Flask's configuration: the settings above, `overrides` in place of the environment's."""
    given = dict(overrides or {})
    known = {setting.name for setting in SETTINGS}
    texts = {name: str(given.pop(name)) for name in list(given) if name in known}
    values = settings_from({**os.environ, **texts})
    secure = values["BASE_URL"].startswith("https://")
    return {
        **values,
        "SQLALCHEMY_DATABASE_URI": values["DATABASE_URL"],
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": secure,
        # With this name a browser takes the cookie from this very host alone, and over TLS.
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        # A form that was open over lunch must still be accepted: its answer is checked afresh.
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAIL_DEFAULT_SENDER": values["MAIL_SENDER"],
        **given,
    }
