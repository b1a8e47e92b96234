"""The editor of a client's own package, the form that makes one, and the one for its sessions."""

from typing import Any

from portal.queries.client_package_values import OwnValues
from portal.web.forms.fields import Choice, Line, Version, Whole
from portal.web.forms.form import Form
from portal.web.forms.package import COUNT, Rows, TermsForm
from portal.web.forms.team_booking import team_booking_data
from portal.web.forms.time_off import DayField
from portal.web.practice.addresses import row_id

NAMES = ("assigned_to", "price", "expires_on", "weekly_limit", "monthly_limit", "lines")
REASON = 500  # characters, as the ledger has room for


class ClientPackageForm(TermsForm):
    """Everything that is saved with *Save Changes*; `why` is for other numbers of sessions."""

    # All that isn't used may have been taken away.
    lines = Rows(least=0)
    expires_on = DayField(needed=False)
    why = Line(most=REASON, needed=False)

    @classmethod
    def showing(cls, values: OwnValues, version: int) -> "ClientPackageForm":
        """Return the form with these values, or with what was sent in their place."""
        data = {name: getattr(values, name) for name in NAMES}
        return cls(data={**data, **team_booking_data(values.team_booking), "version": version})

    def values(self) -> OwnValues:
        """Return what the form means, after it was checked; what can't be read is left out."""
        return OwnValues(
            assigned_to=self.assigned_to.value or 0,
            price=self.price.value,
            expires_on=self.expires_on.value,
            weekly_limit=self.weekly_limit.value,
            monthly_limit=self.monthly_limit.value,
            lines=tuple(self.lines.values),
            team_booking=self.team_booking_value(),
        )

    def read(self) -> OwnValues:
        """Return what a form that isn't to be saved yet means."""
        self.understand()
        return self.values()


class NewClientPackageForm(ClientPackageForm):
    """*Create for client*. Here `version` is the number of the client's newest package."""

    lines = Rows()


class AdjustForm(Form):
    """Unused sessions to add, or to take away, and why."""

    version = Version()
    service = Choice(of=row_id)
    way = Choice(of=lambda word: {"add": 1, "take": -1}[word], default="add")
    change = Whole(least=1, most=COUNT)
    why = Line(most=REASON)

    def change_by(self) -> int:
        """Return how many sessions more, below nought fewer, after the form was checked."""
        change: Any = self.way.value * self.change.value
        return int(change)
