"""A time for a session, as it's typed, or taken from one of the openings of a week."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.errors import Unconfirmed
from portal.queries.booking_for_client import practitioners
from portal.queries.obstacles import sentence_about
from portal.scheduling.obstacles import Obstacle, in_order
from portal.web.forms.session import TimeForm
from portal.web.public.booking_page import OPENING


class Slot(NamedTuple):
    """A time in the calendar to book somebody for: `asked` is what an address says of it."""

    member_id: int
    practitioner: str
    start: datetime
    asked: dict[str, str]


def slot_of(asked: Mapping[str, str], zone: ZoneInfo) -> Slot | None:
    """Return the time that an address has from the calendar; None for none, or nobody's."""
    chosen = OPENING.fullmatch(asked.get("opening", ""))
    name = dict(practitioners()).get(int(chosen[1])) if chosen else None
    if chosen is None or name is None:
        return None
    start = datetime.fromtimestamp(int(chosen[2]), UTC)
    week = start.astimezone(zone).date().isoformat()
    about = {"opening": chosen[0], "practitioner": chosen[1], "week": week}
    return Slot(int(chosen[1]), name, start, about)


def of_opening(asked: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """Return the fields that the opening whose button was pressed fills in; none for no opening."""
    chosen = OPENING.fullmatch(asked.get("opening", ""))
    if chosen is None:
        return {}
    start = datetime.fromtimestamp(int(chosen[2]), UTC)
    fields = {"practitioner": chosen[1], "delivery": asked.get("delivery", "")}
    return local_fields(start, zone) | fields


def confirmed_by(form: TimeForm, zone: ZoneInfo) -> frozenset[Obstacle]:
    """Return what was ticked, as far as it was ticked for this time with this person.

    Whoever changes the time after they were told what's in the way is told again.
    """
    return frozenset(form.confirmed.values if form.about.data == about(form, zone) else ())


def about(form: TimeForm, zone: ZoneInfo) -> str:
    """Return what the ticks are about: the person, the time and the method."""
    start = form.start(zone).astimezone(UTC)
    return f"{form.practitioner.value} {start:%Y-%m-%dT%H:%MZ} {form.delivery.value}"


def what_to_tick(
    refusal: Exception, form: TimeForm, zone: ZoneInfo, people: Sequence[tuple[int, str]]
) -> tuple[tuple[str, str], ...]:
    """Return each obstacle's value and sentence, those ticked already too; none for another no."""
    if not isinstance(refusal, Unconfirmed):
        return ()
    found = {Obstacle(value) for value in refusal.obstacles} | confirmed_by(form, zone)
    name = dict(people).get(form.practitioner.value, "")
    return tuple((each.value, sentence_about(each, name)) for each in in_order(found))


def local_fields(start: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return date and time as the fields take them."""
    local = start.astimezone(zone)
    return {"day": local.date().isoformat(), "time": f"{local:%H:%M}"}
