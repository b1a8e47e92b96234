"""What staff type about sessions: reasons, another time, what they confirm."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import BooleanField, StringField

from portal.actions.cancelling import REASON_CHARACTERS
from portal.models import Delivery
from portal.scheduling.hours import instant
from portal.scheduling.obstacles import Obstacle
from portal.web.forms.contact import NOTE
from portal.web.forms.fields import Choice, Lines, Several
from portal.web.forms.form import Form
from portal.web.forms.time_off import DayField, TimeField
from portal.web.practice.addresses import row_id


class DeclineForm(Form):
    """Why a request is declined, which may be left out."""

    reason = Lines(label=lazy_gettext("Reason"), most=REASON_CHARACTERS)


class TransferForm(Form):
    """Which colleague takes a session over; `outside` confirms one whom clients couldn't choose."""

    to = Choice(label=lazy_gettext("Colleague"), of=row_id)
    outside = BooleanField()


class LinkForm(Form):
    """To which of the client's packages a session is linked."""

    client_package = Choice(label=lazy_gettext("Package"), of=row_id)


class TimeForm(Form):
    """When a session is to be, with whom and how, and what was confirmed that stands in the way."""

    day = DayField(label=lazy_gettext("Date"))
    time = TimeField(label=lazy_gettext("Time"))
    practitioner = Choice(label=lazy_gettext("Practitioner"), of=row_id)
    delivery = Choice(label=lazy_gettext("How"), of=Delivery)
    confirmed = Several(of=Obstacle)
    # for which person, time and method that was ticked
    about = StringField()

    def start(self, zone: ZoneInfo) -> datetime:
        """The instant, after validate(); a time that the clock skips is that of its change."""
        at = instant(zone, self.day.value, self.time.value, ending=False)
        return datetime.fromtimestamp(at, UTC)

    def is_on_the_clock(self, zone: ZoneInfo) -> bool:
        """Whether the zone's clock shows the time on that day, after validate(); else an error."""
        local = self.start(zone).astimezone(zone)
        if local.date() == self.day.value and local.hour * 60 + local.minute == self.time.value:
            return True
        self.time.errors = [
            _("The clocks go forward on this day: there is no such time. Please choose another.")
        ]
        return False


class NewSessionForm(TimeForm):
    """A session that is booked for a client: which service, when, and a note."""

    service = Choice(label=lazy_gettext("Service"), of=str)
    note = Lines(label=lazy_gettext("Note"), most=NOTE)
