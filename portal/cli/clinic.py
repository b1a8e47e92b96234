"""`flask clinic`: a whole clinic in and out as one JSON file, and a sample one."""

import os
import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from portal import clinic_file, clock, demo
from portal.cli.answering import as_json, in_sentences, require_clinic
from portal.config import database_of
from portal.db import ONLY_MINE
from portal.migrating import is_empty, migrate_to_head
from portal.safekeeping.moving import move

STANDARD = "-"
COUNTED = (
    ("roles", "role", "roles"),
    ("team", "team member", "team members"),
    ("services", "service", "services"),
    ("packages", "package", "packages"),
    ("clients", "client", "clients"),
    ("client_packages", "client’s package", "clients’ packages"),
    ("bookings", "session", "sessions"),
)
"""The lists of a file that are told of once it's loaded, and what one and several are."""
clinic = AppGroup("clinic", help="A whole clinic as one JSON file.")


@clinic.command("load")
@click.argument("file")
@in_sentences
def load(file: str) -> None:
    """Load a clinic from FILE (- is standard input): all of it, or nothing.

    What the file names becomes as it says, nobody is removed, and a second time changes nothing.
    """
    data = sys.stdin.buffer.read() if file == STANDARD else Path(file).read_bytes()
    document, now = clinic_file.read_text(data), clock.now()
    if is_empty():
        # A wrong file doesn't even make the tables.
        clinic_file.check(document, now)
        migrate_to_head()
    clinic_file.load(document, now)
    counts = [
        f"{len(document[list_])} {one if len(document[list_]) == 1 else several}"
        for list_, one, several in COUNTED
        if document.get(list_)
    ]
    click.echo(f"Loaded {', '.join(counts) or 'the practice'}.")


@clinic.command("dump")
@click.argument("file", default=STANDARD)
@in_sentences
def dump(file: str) -> None:
    """Write the clinic to FILE (default: standard output), in the format that `load` reads."""
    require_clinic()
    data = as_json(clinic_file.dump())
    if file == STANDARD:
        click.echo(data, nl=False)
        return
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, ONLY_MINE), "wb") as written:
        written.write(data)


@clinic.command("demo")
@in_sentences
def load_demo() -> None:
    """Make a lively sample clinic, with dates relative to today."""
    if is_empty():
        migrate_to_head()
    demo.load_demo(clock.now())
    click.echo(f"Made the sample clinic. Sign in as {demo.OWNER} with {demo.DEMO_PASSWORD}.")


@clinic.command("move")
@click.option(
    "--to",
    "to",
    metavar="URL",
    required=True,
    help="Where to: as DATABASE_URL says it.",
)
@in_sentences
def move_all(to: str) -> None:
    """Copy everything into another, empty database: all of it, or nothing.

    Passwords, mails and the activity log too. The present database stays as it is.
    """
    require_clinic()
    moved = move(database_of(to))
    click.echo(
        f"Moved {sum(digest.rows for digest in moved.values())} rows of {len(moved)} tables, "
        "and found each of them again. Start the site with DATABASE_URL set to the new database."
    )


@clinic.command("schema", with_appcontext=False)
def schema() -> None:
    """Print the JSON Schema of a clinic file."""
    click.echo(as_json(clinic_file.schema()), nl=False)
