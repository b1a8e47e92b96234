"""What a message's mail is, as it's made when the message is sent."""

from flask import Flask

from portal.mail.letter import Letter, laid_out
from portal.models import Message

SENDER_NAME, SENDER = "Riverside Clinic", "bookings@localhost"


def text_of(message: Message) -> str:
    """The body of the mail in plain text; empty once it's forgotten."""
    return laid_out(message.facts, SENDER_NAME, SENDER).text if message.facts else ""


def text_in(app: Flask, message: Message) -> str:
    """The same, for a test that isn't in the application's context."""
    with app.app_context():
        return text_of(message)


def html_of(message: Message) -> str:
    """The HTML body of the mail."""
    return laid_out(message.facts, SENDER_NAME, SENDER).html


def calendar_of(message: Message) -> str:
    """The calendar file that comes with the mail; empty where none does."""
    return laid_out(message.facts, SENDER_NAME, SENDER).calendar or ""


def letter_of(message: Message) -> Letter:
    """The message as the worker sends it."""
    return Letter(
        sender_name=SENDER_NAME,
        recipient=message.recipient,
        subject=message.subject,
        facts=message.facts,
        message_id=message.message_id,
    )
