"""The service's editor, and with whom it's shared: what is typed, and what it means."""

from typing import Any

from flask_babel import lazy_gettext
from wtforms import BooleanField

from portal.actions.service_sharing import SharingSettings
from portal.actions.services import ServiceSettings
from portal.models import Confirm, Delivery, Service
from portal.queries.services import Person
from portal.scheduling.eligibility import Sharing
from portal.web.forms.fields import Amount, Choice, Line, Lines, Link, Several, Slug, Whole
from portal.web.forms.form import Form
from portal.web.forms.reminders import Reminders
from portal.web.practice.addresses import row_id

DAY = 1440  # minutes


def confirm_or_usual(word: str) -> Confirm | None:
    """Return how a booking is confirmed, None for the practice's own way."""
    return Confirm(word) if word else None


class ServiceForm(Form):
    """All settings of one service; sharing has a page of its own.

    `owners` may be chosen as its owner; without any the form has no such field. A new service has
    no address yet: it gets one from its name.
    """

    version = Whole(least=0, most=10**9, needed=False)
    name = Line(label=lazy_gettext("Name"))
    description = Lines(label=lazy_gettext("Description"))
    minutes = Whole(label=lazy_gettext("Minutes"), least=1, most=DAY)
    buffer_before = Whole(
        label=lazy_gettext("Minutes kept free before"), least=0, most=DAY, needed=False
    )
    buffer_after = Whole(
        label=lazy_gettext("Minutes kept free after"), least=0, most=DAY, needed=False
    )
    delivery = Several(
        label=lazy_gettext("Delivery methods"),
        of=Delivery,
        needed=lazy_gettext("Please choose at least one."),
    )
    place = Lines(label=lazy_gettext("Place"))
    video_link = Link(label=lazy_gettext("Video link"), needed=False)
    price = Amount(label=lazy_gettext("Price of one session"), needed=False)
    confirm = Choice(label=lazy_gettext("Confirmation"), of=confirm_or_usual)
    usual_reminders = BooleanField(label=lazy_gettext("Reminders as the practice has them"))
    reminders = Reminders()
    terms = Lines(label=lazy_gettext("Terms"))
    owner = Choice(label=lazy_gettext("Owner"), of=row_id)
    slug = Slug(label=lazy_gettext("Address"))

    def __init__(self, service: Service | None, owners: tuple[Person, ...], **kwargs: Any) -> None:
        super().__init__(data=_values_of(service), **kwargs)
        if service is None:
            del self.slug
        if owners:
            ids = {str(person.id): person.id for person in owners}
            self.owner.of = ids.__getitem__
        else:
            del self.owner

    def settings(self) -> ServiceSettings:
        """Return what was typed, of a form that is valid."""
        return ServiceSettings(
            name=self.name.value,
            description=self.description.value,
            minutes=self.minutes.value,
            buffer_before=self.buffer_before.value or 0,
            buffer_after=self.buffer_after.value or 0,
            delivery=tuple(self.delivery.values),
            place=self.place.value or None,
            video_link=self.video_link.value,
            price=self.price.value,
            confirm=self.confirm.value,
            reminders=None if self.usual_reminders.data else self.reminders.values,
            terms=self.terms.value,
            owner_id=self.owner.value if self.owner else None,
            slug=self.slug.value if self.slug else None,
        )

    def differing(self, service: Service) -> list[str]:
        """Return the names of the fields in which the form differs from what is stored."""
        stored = ServiceForm(service, (), formdata=None)
        return [
            field.name
            for field in stored
            if field.name != "version" and _plain(field.data) != _plain(self[field.name].data)
        ]


class SharingForm(Form):
    """With whom a service is shared. The lists that aren't in force are sent and kept too."""

    version = Whole(least=0, most=10**9)
    sharing = Choice(of=Sharing)
    members = Several(of=row_id)
    roles = Several(of=row_id)

    def settings(self) -> SharingSettings:
        """Return what was chosen, of a form that is valid."""
        return SharingSettings(
            self.sharing.value, frozenset(self.members.values), frozenset(self.roles.values)
        )

    def list_in_force(self) -> Several | None:
        """Return the field that has to name somebody with the sharing that was chosen."""
        lists = {Sharing.MEMBERS: self.members, Sharing.ROLES: self.roles}
        found: Several | None = lists.get(self.sharing.value)
        return found


def _values_of(service: Service | None) -> dict[str, Any]:
    if service is None:
        usual = {"delivery": [Delivery.IN_PERSON], "confirm": "", "minutes": 60}
        return {**usual, "usual_reminders": True}
    return {
        **{field.name: getattr(service, field.name) for field in Service.__table__.columns},
        "confirm": service.confirm or "",
        "owner": service.owner_id,
        "usual_reminders": service.reminders is None,
        "delivery": list(service.delivery),
        "buffer_before": service.buffer_before or None,
        "buffer_after": service.buffer_after or None,
    }


def _plain(data: Any) -> Any:
    return sorted(map(str, data)) if isinstance(data, list) else str(data or "")
