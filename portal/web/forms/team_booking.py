"""Team booking in a form: the toggle, *Allow bookings with* and both lists of *Restrict to*.

Both lists are in the form at all times, also while another choice is in force or the toggle is off,
so that going back restores them.
"""

from wtforms import BooleanField, HiddenField

from portal.scheduling.eligibility import Allow, TeamBooking
from portal.web.forms.fields import Choice, Several
from portal.web.practice.addresses import row_id


class TeamBookingFields:
    """The fields, for a form to have among its own."""

    # There only where the page shows the settings: on the solo plan they're left as stored.
    has_team_booking = HiddenField(default="1")
    team_booking = BooleanField()
    allow = Choice(of=Allow)
    members = Several(of=row_id)
    roles = Several(of=row_id)

    def team_booking_value(self) -> TeamBooking | None:
        """Return the settings as they're filled in; None where the page doesn't show them."""
        if self.has_team_booking.raw_data != ["1"]:
            return None
        return TeamBooking(
            enabled=bool(self.team_booking.data),
            allow=self.allow.value or Allow.ASSIGNED,
            members=frozenset(self.members.values),
            roles=frozenset(self.roles.values),
        )


def team_booking_data(settings: TeamBooking | None) -> dict[str, object]:
    """Return what the fields begin with."""
    settings = settings or TeamBooking()
    return {
        "has_team_booking": "1",
        "team_booking": settings.enabled,
        "allow": settings.allow.value,
        "members": [str(id_) for id_ in sorted(settings.members)],
        "roles": [str(id_) for id_ in sorted(settings.roles)],
    }
