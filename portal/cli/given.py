"""What is given to a command: instants and dates, and the package, service and client by name."""

from dataclasses import replace
from datetime import date, datetime

import click
from sqlalchemy import select

from portal import clock
from portal.db import db
from portal.errors import NotFound
from portal.models import Client, Member, Service
from portal.queries.facts import PracticeInfo, ServiceInfo, service_info
from portal.queries.offers import Offer, load_offer, load_offer_for_client

YEARS = range(1971, 2999)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant with an offset."""

    name = "ISO-8601"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The instant; a wrong one is wrong usage."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2027-03-15T10:00:00-04:00.", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no offset, such as Z or -04:00.", param, ctx)
        if moment.year not in YEARS:
            self.fail(f"{value!r} is too long ago, or too far off.", param, ctx)
        return moment


class Day(click.ParamType[date]):
    """A date."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The date; a wrong one is wrong usage."""
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2027-03-15.", param, ctx)
        if day.year not in YEARS:
            self.fail(f"{value!r} is too long ago, or too far off.", param, ctx)
        return day


now_option = click.option(
    "--now", type=Instant(), default=clock.now, help="Answer as of this instant, not the present."
)
client_option = click.option(
    "--client", metavar="EMAIL", help="For this client's own package, not for a newcomer."
)
json_option = click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")


def find_offer(
    package: str, service: str, client: str | None, now: datetime
) -> tuple[Offer, ServiceInfo]:
    """What is booked from, and what. Raises NotFound for a name that nothing has.

    A service that isn't part of the package has no session left in it. A client who doesn't have
    the package has one that isn't active.
    """
    offer = load_offer(package, now)
    row = db.session.scalar(select(Service).where(Service.slug == service))
    if row is None:
        raise NotFound(f"There is no service called “{service}”.")
    if client is not None:
        own = load_offer_for_client(package, client, service, now)
        offer = own or _without_package(offer, client)
    item = offer.item(service)
    return offer, item.service if item else _info(row, offer.practice)


def find_member(email: str) -> Member:
    """The team member with this address. Raises NotFound."""
    member = db.session.scalar(select(Member).where(Member.email == email.lower()))
    if member is None:
        raise NotFound(f"Nobody on the team has the address {email}.")
    return member


def _without_package(offer: Offer, email: str) -> Offer:
    client = db.session.scalars(select(Client).where(Client.email == email.lower())).one()
    is_active = client.deactivated_at is None
    return replace(offer, holder=replace(offer.holder, active=False, client_active=is_active))


def _info(row: Service, practice: PracticeInfo) -> ServiceInfo:
    members = frozenset(member.id for member in row.shared_members)
    return service_info(row, practice.confirm, members, frozenset(r.id for r in row.shared_roles))
