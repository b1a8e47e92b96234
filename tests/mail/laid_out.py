"""What a message's mail has besides its text, as it's made when the message is sent."""

from portal.mail.letter import laid_out
from portal.models import Message

SENDER_NAME, SENDER = "Riverside Clinic", "bookings@localhost"


def html_of(message: Message) -> str:
    """The HTML body of the mail."""
    return laid_out(message.facts, SENDER_NAME, SENDER)[0]


def calendar_of(message: Message) -> str:
    """The calendar file that comes with the mail; empty where none does."""
    return laid_out(message.facts, SENDER_NAME, SENDER)[1] or ""
