"""The booking page's block `openings`, made ready to be shown: choices, days, links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from portal.models import Booking
from portal.queries.offers import Offer
from portal.queries.openings import Person, load_board
from portal.scheduling.hours import local_date
from portal.scheduling.openings import Place
from portal.web.public.choices import ANY, DAYS, Choices, chosen_item, read_choices
from portal.web.public.slots import Day, Slot, SlotMaker, legend_of

WEEK = timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class Door:
    """Where this booking page is: its own address, and the one that takes the chosen opening.

    `holds` takes it with a POST. Without it, `confirms` shows with a GET what the choice would mean
    for a session that is moved; without either it's a preview for staff, from which nothing can be
    booked. `back` is where it leads back to.
    """

    page: str
    holds: str | None
    back: str | None = None
    confirms: str | None = None

    def address(self, query: Mapping[str, str | None]) -> str:
        """Return the page's address with a query, without what in it is None or empty."""
        given = {name: value for name, value in query.items() if value}
        return f"{self.page}?{urlencode(given)}" if given else self.page

    def week(self, choices: Choices, first_day: date) -> str:
        """Return the address of the same choices in the week that begins on a date."""
        service = choices.item.service
        return self.address(
            {
                "service": service.slug,
                "delivery": choices.method if len(service.delivery) > 1 else None,
                "practitioner": str(choices.member_id or ANY),
                "week": first_day.isoformat(),
                "tz": choices.own_zone.key if choices.own_zone else None,
                "invite": choices.invite,
            }
        )


@dataclass(frozen=True, slots=True)
class Jump:
    """A link to the days that begin on a date."""

    day: date
    address: str


@dataclass(frozen=True, slots=True)
class BoardView:
    """All that the block shows. `earliest` is the first opening of all, in whichever week.

    `today` is the clinic's date, by which times are said to be today's or tomorrow's. `legend` has
    names with their colours where several people's openings are shown. `expired`: the client's own
    package has ended, so there is none.
    """

    choices: Choices
    people: tuple[Person, ...]
    today: date
    legend: tuple[tuple[str, int], ...]
    days: tuple[Day, ...]
    earliest: Slot | None
    earliest_start: int
    previous: Jump | None
    following: Jump | None
    jump: Jump | None
    expired: bool

    @property
    def count(self) -> int:
        """How many openings the days shown have."""
        return sum(day.count for day in self.days)

    @property
    def last_shown(self) -> date:
        """The last of the days shown."""
        return self.days[-1].date


def view_board(
    offer: Offer,
    door: Door,
    asked: Mapping[str, str],
    now: datetime,
    ignoring: int | None = None,
    moving: Booking | None = None,
) -> BoardView | None:
    """Return what the address asks to see; None for a package without any service.

    `ignoring` is the id of the visitor's own hold, whose time is still free for them. `moving` is
    the session that another time is looked for: it isn't in its own way, and where it is already
    isn't offered.
    """
    item = chosen_item(offer, asked)
    if item is None:
        return None
    board = load_board(
        offer,
        item.service,
        now,
        ignoring=moving.id if moving else ignoring,
        moved_from=_place(moving) if moving else None,
    )
    choices = read_choices(board, item, asked)
    first, method, member_id = choices.first_day, choices.method, choices.member_id
    make = SlotMaker(board, choices.own_zone)
    openings, earliest = board.openings_and_earliest(first, DAYS, method, member_id)
    days = make.days(first, DAYS, openings)
    elsewhere = None
    if earliest and not any(day.parts for day in days):
        elsewhere = board.earliest(first + WEEK, method, member_id) or earliest

    def to(day: date) -> Jump:
        return Jump(day, door.week(choices, day))

    today, zone = offer.practice.today(now), offer.practice.zone
    return BoardView(
        choices=choices,
        people=board.people,
        today=today,
        legend=legend_of(board) if choices.person is None else (),
        days=days,
        earliest=make.slot(earliest) if earliest else None,
        earliest_start=earliest.start if earliest else 0,
        previous=to(max(first - WEEK, today)) if first > today else None,
        following=to(first + WEEK) if first + WEEK <= choices.last_day else None,
        jump=to(local_date(zone, elsewhere.start)) if elsewhere else None,
        expired=offer.holder.expires is not None and offer.holder.expires < today,
    )


def _place(booking: Booking) -> Place:
    return Place(booking.member_id, int(booking.starts_at.timestamp()), booking.delivery)
