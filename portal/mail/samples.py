"""What a message might say: the facts of a sample client, for a preview of its words."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _

from portal.mail import links
from portal.mail.practice_facts import PracticeFacts
from portal.mail.progress import Progress
from portal.mail.session_facts import zone_of
from portal.models import Delivery


def sample_facts(practice: PracticeFacts, sender: str, now: datetime) -> dict[str, Any]:
    """Everything that any message to a client says, in the language that is spoken.

    The session is tomorrow at ten with the `sender`; the links lead to nothing of anybody's.
    """
    zone = zone_of(practice)
    today = now.astimezone(zone).date()
    start = datetime.combine(today + timedelta(days=1), time(10), zone).astimezone(UTC)
    name = _("Follow-up")
    return {
        "client": _("Lee Sample"),
        "practitioner": sender,
        "sender": sender,
        "service": name,
        "minutes": 60,
        "package": _("Three months"),
        "requested": False,
        "start": start,
        "end": start + timedelta(minutes=60),
        "zone": zone,
        "own_zone": None,
        "delivery": Delivery.IN_PERSON,
        "place": practice.place,
        "video_link": practice.video_link,
        "phone": None,
        "progress": Progress(2, 5, ((3, name),)),
        "used": "2",
        "total": "5",
        "left": "3",
        "items": [(5, name)],
        "until": today + timedelta(days=90),
        "reason": _("We’re ill."),
        "line": "",
        "kept": False,
        "expired": False,
        "before": start - timedelta(days=1),
        "same_person": True,
        "former": sender,
        "see": links.booking(SAMPLE),
        "book_next": links.next_booking(SAMPLE),
        "address": links.my_bookings(),
    }


SAMPLE = "sample"
"""In place of a private token."""
