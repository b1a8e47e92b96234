"""`flask backup` and `flask restore`: everything in one file, and back."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.cli.answering import in_sentences
from portal.safekeeping import places
from portal.safekeeping.backups import back_up, remember, usual_path
from portal.safekeeping.restoring import needs_passphrase, restore

WITHOUT_KEY = (
    "SECRET_KEY isn't in it, because it isn't encrypted: keep that one too{where}.",
    "The mail server's password and the team's second factors can't be read without it.",
)


@click.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@with_appcontext
@in_sentences
def backup(file: Path | None) -> None:
    """Write everything to FILE (default: into BACKUP_FOLDER, named by the time).

    The site may be in use. With BACKUP_PASSPHRASE the file is encrypted.
    """
    now = clock.now()
    with places.taking_turns():
        made = back_up(file or usual_path(now), now)
    click.echo(f"Backed up to {made.path} ({made.size:,} bytes). It was read again and is good.")
    if not made.is_sealed:
        kept = current_app.config.get("SECRET_KEY_KEPT_IN")
        for line in WITHOUT_KEY:
            click.echo(line.format(where=f" ({kept})" if kept else ""))
    try:
        remember(made, now)
    except DBAPIError as error:
        # Of a database whose disk is full, say, a backup is wanted more than ever.
        click.echo(f"It couldn't be noted in the activity log: {error.orig}", err=True)


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
@in_sentences
def bring_back(file: Path) -> None:
    """Put the backup in FILE in the place of the present database, which is kept aside.

    Stop the site and its workers first. A backup of an older version is brought up to date.
    """
    passphrase = current_app.config["BACKUP_PASSPHRASE"]
    if not passphrase and needs_passphrase(file):
        passphrase = click.prompt("Passphrase of the backup", hide_input=True)
    restored = restore(file, passphrase, clock.now())
    when = f" of {restored.made_at:%Y-%m-%d %H:%M} UTC" if restored.made_at else ""
    click.echo(f"Restored the backup{when}. The guard against booking anybody twice is there.")
    if restored.aside:
        click.echo(f"What was there before is kept: {restored.aside}")
    for line in restored.about_key:
        click.echo(line)
