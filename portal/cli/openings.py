"""`flask openings`: what a client could book."""

from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from portal.cli.answering import as_json, in_sentences, readable, require_clinic, table
from portal.cli.given import (
    Day,
    client_option,
    find_member,
    find_offer,
    json_option,
    now_option,
)
from portal.models import Delivery
from portal.queries.openings import Board, load_board
from portal.scheduling.openings import Opening

ANY = "any"


@click.command()
@click.argument("package")
@click.argument("service")
@click.option("--practitioner", metavar="any|EMAIL", default=ANY, help="Only this person's.")
@click.option("--from", "first_day", type=Day(), help="The first date; default: today.")
@click.option(
    "--days", type=click.IntRange(1, 3660), default=7, show_default=True, help="How many dates."
)
@click.option(
    "--delivery",
    "method",
    type=click.Choice([method.value for method in Delivery]),
    help="Only by this method.",
)
@now_option
@client_option
@json_option
@with_appcontext
@in_sentences
def openings(
    package: str,
    service: str,
    practitioner: str,
    first_day: date | None,
    days: int,
    method: str | None,
    now: datetime,
    client: str | None,
    in_json: bool,
) -> None:
    """List when SERVICE of PACKAGE can be booked, and with whom."""
    require_clinic()
    member_id = None if practitioner == ANY else find_member(practitioner).id
    offer, info = find_offer(package, service, client, now)
    board = load_board(offer, info, now)
    first_day = first_day or offer.practice.today(now)
    # Hours that serve every method would serve one that the service doesn't have.
    is_offered = method is None or method in info.delivery
    found = board.openings(first_day, days, method, member_id) if is_offered else []
    click.echo(as_json(_answer(board, found)) if in_json else _told(board, found), nl=not in_json)


def _answer(board: Board, found: list[Opening]) -> dict[str, Any]:
    zone = board.offer.practice.zone
    emails = {person.id: person.email for person in board.people}
    return {
        "package": board.offer.slug,
        "service": board.service.slug,
        "timezone": zone.key,
        "practitioners": [
            {"email": person.email, "name": person.name, "assigned": person.assigned}
            for person in board.people
        ],
        "openings": [
            {
                "start": _local(opening.start, zone).isoformat(),
                "end": _local(opening.end, zone).isoformat(),
                "practitioner": emails[opening.member_id],
            }
            for opening in found
        ],
    }


def _told(board: Board, found: list[Opening]) -> str:
    zone = board.offer.practice.zone
    names = {person.id: person.name for person in board.people}
    people = [f"{p.name} (assigned)" if p.assigned else p.name for p in board.people]
    head = f"{board.offer.name}: {board.service.name}, {board.service.minutes} minutes, {zone.key}"
    lines = [readable(head), readable(f"With {', '.join(people)}") if people else "With nobody"]
    for day, those in groupby(found, key=lambda opening: _local(opening.start, zone).date()):
        rows = [
            (f"{_local(o.start, zone):%H:%M}", f"{_local(o.end, zone):%H:%M}", names[o.member_id])
            for o in those
        ]
        lines += ["", f"{day:%A} {day.isoformat()}", table(("from", "to", "practitioner"), rows)]
    return "\n".join(lines if found else [*lines, "", "No openings."])


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone)
