"""`flask up` starts everything; for several machines, `flask prepare` and `flask worker`."""

from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from portal import clock, demo, worker
from portal.actions.set_up import make_set_up_token
from portal.cli.answering import in_sentences
from portal.db import db
from portal.errors import NotReady
from portal.health import readiness
from portal.launching import become_the_watcher, listen
from portal.mail import links
from portal.mail.servers import is_configured
from portal.migrating import migrate_to_head
from portal.models import Member, Package, Practice
from portal.queries.short_links import short_link_of


@click.command("up")
@click.option("--demo", "with_demo", is_flag=True, help="Load the sample clinic if there's none.")
@with_appcontext
@in_sentences
def up(with_demo: bool) -> NoReturn:
    """Start the site and its worker, on a database brought up to date. Ctrl-C stops both."""
    config = current_app.config
    with listen(config["HOST"], config["PORT"]) as listener:
        migrate_to_head()
        _require_readiness()
        if with_demo and not _has_clinic():
            demo.load_demo(clock.now())
        for line in (*_what_to_open(), "Ctrl-C stops it."):
            click.echo(line)
        # The processes that are started have connections of their own.
        db.session.remove()
        db.engine.dispose()
        become_the_watcher(listener, config["WEB_PROCESSES"])


@click.command("prepare")
@with_appcontext
@in_sentences
def prepare() -> None:
    """Bring the database's schema up to date, and say what to open. For several machines: once."""
    migrate_to_head()
    _require_readiness()
    for line in _what_to_open():
        click.echo(line)


@click.command("worker")
@with_appcontext
def work() -> None:
    """Send what waits in the outbox, until told to stop. Any number of workers may run."""
    worker.run(current_app._get_current_object())  # type: ignore[attr-defined]


def _require_readiness() -> None:
    """Don't open a clinic in which somebody could be booked twice. Raises NotReady."""
    if faults := readiness.faults_now():
        raise NotReady("\n".join(readiness.in_sentences(faults)))


def _has_clinic() -> bool:
    return db.session.get(Practice, 1) is not None


def _how_to_set_up() -> list[str]:
    """The address of the set-up page; its token is new at each start, and shown only here."""
    token = make_set_up_token(clock.now())
    if token is None:  # somebody has set it up this very moment
        return []
    return ["There's no clinic yet. Set it up at", f"    {links.set_up(token)}"]


def _what_to_open() -> list[str]:
    """The address, and for the sample clinic how to sign in and what to book."""
    base = current_app.config["BASE_URL"]
    lines = [f"The site is at {base}"]
    if not _has_clinic():
        return [*lines, *_how_to_set_up()]
    if not is_configured():
        lines.append("Mail waits in the outbox, because no mail server is set up.")
    owner = db.session.scalar(select(Member).where(Member.email == demo.OWNER))
    package = db.session.scalar(select(Package).where(Package.slug == demo.PACKAGE))
    link = short_link_of(package.id) if package else None
    if owner and link:
        lines += [
            f"Sign in at {base}/sign-in as {demo.OWNER} with the password {demo.DEMO_PASSWORD}",
            f"Book as a client at {links.short_page(link.code)}",
        ]
    return lines
