"""Dates as mails say them: with the year, for a mail is kept."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import get_locale


def full_date(instant: datetime, zone: ZoneInfo) -> str:
    """The date in the zone, in full: "Tuesday, March 2, 2027"."""
    return format_date(instant.astimezone(zone).date(), "full", locale=get_locale() or "en")
