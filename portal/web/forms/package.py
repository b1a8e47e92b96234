"""The editor of a package: one form, whose lines can be added, removed and put in order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, ValidationError

from portal.queries.packages import Line as PackageLine
from portal.queries.packages import PackageValues
from portal.web.forms import one_line
from portal.web.forms.fields import Amount, Choice, Line, Lines, Slug, Version, Whole
from portal.web.forms.form import Form
from portal.web.forms.team_booking import TeamBookingFields, team_booking_data
from portal.web.practice.addresses import row_id

COUNT = 100_000  # the most of anything that is counted, as in a clinic file
ROWS = 100  # more lines than anybody makes
CHANGE = re.compile(r"(add|remove|up|down)(?:-(\d{1,3}))?", re.ASCII)


@dataclass
class Row:
    """One line as it was typed: a service's number, and how many sessions."""

    service: str = ""
    sessions: str = "1"
    errors: list[str] = field(default_factory=list)

    def read(self, least: int) -> PackageLine | None:
        """Return the line; without a service None, without a number of sessions one session."""
        try:
            service_id = row_id(self.service)
        except ValueError:
            self.errors.append(_("Please choose a service."))
            return None
        typed = self.sessions if re.fullmatch(r"\d{1,6}", self.sessions, re.ASCII) else "-1"
        if least <= int(typed) <= COUNT:
            return PackageLine(service_id, int(typed))
        between = {"least": least, "most": COUNT}
        self.errors.append(
            _("Please enter a number of sessions from %(least)d to %(most)d.", **between)
        )
        return PackageLine(service_id, 1)


class Rows(Field):
    """The lines, sent as the repeated names `service` and `sessions`; `data` is a list of Row.

    `least` is how many sessions a line has at least.
    """

    def __init__(self, *, least: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least = least

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take what was sent, or else the stored lines."""
        self.process_errors: Sequence[str] = []
        self.values: list[PackageLine] = []
        if formdata is None:
            lines = data if isinstance(data, tuple) else ()
            self.data = [Row(str(line.service_id), str(line.sessions)) for line in lines]
            return
        services, sessions = formdata.getlist("service"), formdata.getlist("sessions")
        self.data = [
            Row(one_line(service), one_line(count))
            # A half of a line is wrong, and shown as such; it's never left out.
            for service, count in zip_longest(services[:ROWS], sessions[:ROWS], fillvalue="")
        ]

    def pre_validate(self, form: Any) -> None:
        """Read each line. Raises ValidationError where one can't be read."""
        lines = [row.read(self.least) for row in self.data]
        self.values = [line for line in lines if line is not None]
        if any(row.errors for row in self.data):
            raise ValidationError(_("Please look at the lines again."))

    def change(self, what: str, services: Sequence[int]) -> str | None:
        """Add, remove or move a line, as a button says; return the id of what gets the focus.

        `services` are those on offer: where one alone is in no line yet, the new line has it.
        """
        asked = CHANGE.fullmatch(what)
        act, at = (asked[1], int(asked[2] or 0)) if asked else ("", 0)
        if act == "add" and len(self.data) < ROWS:
            taken = {row.service for row in self.data}
            left = [id_ for id_ in map(str, services) if id_ not in taken]
            self.data.append(Row(left[0] if len(left) == 1 else ""))
            return f"service-{len(self.data) - 1}"
        if at >= len(self.data):
            return None
        if act == "remove":
            del self.data[at]
            return f"remove-{min(at, len(self.data) - 1)}" if self.data else "add-line"
        to = at + {"up": -1, "down": 1}.get(act, 0)
        if to == at or not 0 <= to < len(self.data):
            return None
        self.data.insert(to, self.data.pop(at))
        # The button keeps the focus as its line moves; at either end only the other one is left.
        ends = {"up": 0, "down": len(self.data) - 1}
        other = {"up": "down", "down": "up"}
        return f"{other[act] if to == ends[act] else act}-{to}"


class TermsForm(TeamBookingFields, Form):
    """What the editors of a package and of a client's own one have in common.

    `version` is the one that was shown.
    """

    version = Version()
    assigned_to = Choice(of=row_id)
    price = Amount(needed=False)
    weekly_limit = Whole(least=1, most=COUNT, needed=False)
    monthly_limit = Whole(least=1, most=COUNT, needed=False)
    lines = Rows()

    # what can't be read, in words; None before the form was checked
    unclear: list[str] | None = None

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Check the form, and note what of it says nothing about who can be booked yet."""
        is_valid: bool = super().validate(*args, **kwargs)
        words = {
            "assigned_to": _("the assigned practitioner"),
            "valid_days": _("how long it’s valid"),
            "expires_on": _("the expiry date"),
            "weekly_limit": _("the weekly limit"),
            "monthly_limit": _("the monthly limit"),
        }
        self.unclear = [
            text for name, text in words.items() if name in self and self[name].errors
        ] + [
            _("line %(number)d", number=number)
            for number, row in enumerate(self.lines.data, start=1)
            if row.errors
        ]
        return is_valid

    def understand(self) -> None:
        """Read a form that isn't to be saved yet, without any word of complaint."""
        if self.unclear is None:
            self.validate()
            for each in self:
                each.errors = []
            for row in self.lines.data:
                row.errors.clear()

    def refuse(self, faults: dict[str, str]) -> None:
        """Show why the values can't be stored, each reason beside its field."""
        for name, sentence in faults.items():
            if name.startswith("line-"):
                self.lines.data[int(name.removeprefix("line-"))].errors.append(sentence)
            else:
                self[name].errors = [sentence]


class PackageForm(TermsForm):
    """Everything that is saved with *Save Changes*."""

    name = Line()
    slug = Slug(needed=False)
    description = Lines()
    valid_days = Whole(least=1, most=COUNT, needed=False)
    terms = Lines()

    @classmethod
    def showing(cls, values: PackageValues, version: int) -> "PackageForm":
        """Return the form with these values, or with what was sent in their place."""
        names = ("name", "slug", "description", "price", "valid_days", "terms", "lines")
        data = {name: getattr(values, name) for name in (*names, "weekly_limit", "monthly_limit")}
        team = team_booking_data(values.team_booking)
        return cls(data={**data, **team, "assigned_to": values.assigned_to, "version": version})

    def values(self) -> PackageValues:
        """Return what the form means, after it was checked; what can't be read is left out."""
        return PackageValues(
            name=self.name.value or "",
            slug=self.slug.value,
            description=self.description.value or "",
            terms=self.terms.value or "",
            assigned_to=self.assigned_to.value or 0,
            price=self.price.value,
            valid_days=self.valid_days.value,
            weekly_limit=self.weekly_limit.value,
            monthly_limit=self.monthly_limit.value,
            lines=tuple(self.lines.values),
            team_booking=self.team_booking_value(),
        )

    def read(self) -> PackageValues:
        """Return what a form that isn't to be saved yet means."""
        self.understand()
        return self.values()
