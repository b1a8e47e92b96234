"""What the tests of mails about a changed session look for in their calendar files."""

from portal.models import Message
from tests.mail.laid_out import calendar_of


def line(mail: Message, name: str) -> str:
    """The first line of the mail's calendar file that starts with `name`."""
    return next(each for each in calendar_of(mail).split("\r\n") if each.startswith(name))


def sequence(mail: Message) -> int:
    """Which version of the entry the mail's calendar file is."""
    return int(line(mail, "SEQUENCE").removeprefix("SEQUENCE:"))
