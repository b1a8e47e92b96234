"""What a visitor chose on the booking page, read from the address and made to fit the offer.

An address can be old, shared or made up: what doesn't fit falls back to what does, and where the
visitor would otherwise see another person's times than they asked for, the page says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from portal.queries.offers import Item, Offer
from portal.queries.openings import Board, Person
from portal.scheduling.hours import zone_names

ANY = "any"
DAYS = 7  # dates on one page


@dataclass(frozen=True, slots=True)
class Choices:
    """Service, delivery method, person (None: any of several) and the first of the days shown.

    `own_zone` is the visitor's time zone where the address names it, `invite` an invite's token.
    """

    item: Item
    method: str
    person: Person | None
    first_day: date
    last_day: date
    own_zone: ZoneInfo | None
    invite: str | None
    notice: str | None

    @property
    def member_id(self) -> int | None:
        """Whose openings to show; None: everybody's."""
        return self.person.id if self.person else None


def chosen_item(offer: Offer, asked: Mapping[str, str]) -> Item | None:
    """Return the line of the package that the address names, or else the first with a session left.

    None for a package without any lines.
    """
    named = offer.item(asked.get("service", ""))
    left = [item for item in offer.items if item.left > 0]
    return named or next(iter(left or offer.items), None)


def read_choices(board: Board, item: Item, asked: Mapping[str, str]) -> Choices:
    """Return the choices that the address makes, as far as the board allows."""
    practice = board.offer.practice
    first, last = bookable_days(board.offer, board.now)
    person, notice = _chosen_person(board, item, asked.get("practitioner", ANY))
    method = asked.get("delivery", "")
    return Choices(
        item=item,
        method=method if method in item.service.delivery else item.service.delivery[0],
        person=person,
        first_day=min(max(_date(asked.get("week", "")) or first, first), last),
        last_day=last,
        own_zone=own_zone(visitors_zone(asked), practice.zone),
        invite=asked.get("invite") or None,
        notice=notice,
    )


def bookable_days(offer: Offer, now: datetime) -> tuple[date, date]:
    """Return today's date in the clinic, and the last one on which an opening could be."""
    practice = offer.practice
    first = practice.today(now)
    last = practice.today(now + timedelta(days=practice.horizon_days))
    if offer.holder.expires is not None:
        last = min(last, offer.holder.expires)
    return first, max(first, last)


def visitors_zone(asked: Mapping[str, str]) -> str | None:
    """Return the name of the visitor's time zone as the address or form has it, if it's one.

    Everything that leads on takes it from here, so nothing else gets into an address again.
    """
    name = asked.get("tz")
    return name if name in zone_names() else None


def own_zone(name: str | None, clinics: ZoneInfo) -> ZoneInfo | None:
    """Return the zone of this name, None where there's no such zone or it is the clinic's own."""
    if name is None or name == clinics.key or name not in zone_names():
        return None
    return ZoneInfo(name)


def _chosen_person(board: Board, item: Item, asked: str) -> tuple[Person | None, str | None]:
    """Return whose openings to show (None: any), and what to say about it."""
    people = board.people
    found = next((person for person in people if str(person.id) == asked), None)
    if found is None and len(people) == 1:
        found = people[0]
    if asked in ("", ANY) or not people or (found is not None and str(found.id) == asked):
        return found, None
    return found, (
        _(
            "The person you asked for can’t be booked for %(service)s. You see the openings of "
            "%(name)s instead.",
            service=item.service.name,
            name=found.name,
        )
        if found
        else _(
            "The person you asked for can’t be booked for %(service)s. You see everybody who can.",
            service=item.service.name,
        )
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
