"""`flask explain`: who can be booked, and why the others can't."""

from datetime import datetime

import click
from flask.cli import with_appcontext

from portal.cli.answering import as_json, in_sentences, require_clinic, table
from portal.cli.given import client_option, find_offer, json_option, now_option
from portal.queries.openings import load_board


@click.command()
@click.argument("package")
@click.argument("service")
@now_option
@client_option
@json_option
@with_appcontext
@in_sentences
def explain(package: str, service: str, now: datetime, client: str | None, in_json: bool) -> None:
    """Say of each team member whether SERVICE of PACKAGE can be booked with them, or why not."""
    require_clinic()
    offer, info = find_offer(package, service, client, now)
    verdicts = [
        {
            "email": person.email,
            "name": person.name,
            "bookable": reason is None,
            "reason": None if reason is None else reason.value,
        }
        for person, reason in load_board(offer, info, now).verdicts
    ]
    if in_json:
        click.echo(as_json(verdicts), nl=False)
        return
    head = ("email", "name", "bookable", "reason")
    yes = {True: "yes", False: "no"}
    rows = [(v["email"], v["name"], yes[bool(v["bookable"])], v["reason"] or "") for v in verdicts]
    click.echo(table(head, [tuple(map(str, row)) for row in rows]))
