"""The kinds of strings and numbers in a clinic file: names, addresses, times, money."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency

from portal.clinic_file.faults import shown
from portal.clinic_file.shapes import ListOf, Whole, Words
from portal.languages import tag_of
from portal.scheduling.hours import FIRST_YEAR, LAST_YEAR, zone_names
from portal.scheduling.reminders import MOST


class Day(StrEnum):
    """The days of a week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


UP_TO_A_DAY = Whole(0, 1440)
SESSION_MINUTES = Whole(1, 1440)
REMINDERS = ListOf(Whole(1, 60 * 1440), most=MOST, each_once=True)
COUNT = Whole(1, 100_000)
COUNT_OR_NONE = Whole(0, 100_000)

# No database takes a NUL or half a surrogate pair. A name has one line and something to read.
_LINE = r"^[^\u0000-\u0008\u000a-\u001f\u007f\ud800-\udfff]*$"
_NAME = _LINE.replace("^", r"^(?=[\s\S]*\S)", 1)
_TEXT = r"^[^\u0000\ud800-\udfff]*$"
_IN_AN_ADDRESS = r"[^\s@.,;:<>()\[\]\\\u0022\u0000-\u0020\u007f\ud800-\udfff]+"
_DOTTED = rf"{_IN_AN_ADDRESS}(\.{_IN_AN_ADDRESS})"
_ADDRESS = f"{_DOTTED}*@{_DOTTED}+"
_KEY = "[A-Za-z0-9_-]+"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2}(:[0-9]{2})?)"


def line(most: int) -> Words:
    """One line of text, which may be empty."""
    return Words("a line of text", _LINE, most)


def name(most: int) -> Words:
    """One line of text with something in it."""
    return Words("a line of text", _NAME, most)


def text(most: int = 20_000) -> Words:
    """Text of several lines, which may be empty."""
    return Words("text", _TEXT, most)


def _minute(value: str) -> int:
    hour, minute = value.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int, _zone: ZoneInfo) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _date(value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"there is no {value} in the calendar") from None
    _in_range(day)
    return day


def _instant(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"there is no such time as {value}") from None
    _in_range(moment)
    return moment


def _in_range(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR} is needed, not {day.year}")


def _iso(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat()


def _iso_to_the_minute(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _zone(value: str) -> str:
    if value not in zone_names():
        raise ValueError(f"there is no time zone called {shown(value)}")
    return value


def _currency(value: str) -> str:
    if not is_currency(value):
        raise ValueError(f"there is no currency called {shown(value)}")
    return value


def _language(value: str) -> str:
    try:
        locale = Locale.parse(value, sep="-")
    except (ValueError, UnknownLocaleError):
        raise ValueError(f"there is no language called {shown(value)}") from None
    return tag_of(locale)


def _called(value: str) -> str:
    return value.lower() if "@" in value else value


def _money(value: str) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"))


EMAIL = Words("an email address", f"^{_ADDRESS}$", 254, str.lower)
SLUG = Words("a slug (small letters, digits and hyphens)", "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$", 80)
LINK = Words("a web address", r"^https?://[^\s\u0000-\u0020\u007f\ud800-\udfff]+$", 500)
CLIENT_KEY = Words("a key (letters, digits and hyphens)", f"^{_KEY}$", 80)
UID = Words("a calendar's UID (letters, digits and signs)", r"^[\u0021-\u007e]+$", 255)
CHANGES = Whole(0, 2_000_000_000)
CALLED = Words("a client's email address", f"^({_ADDRESS}|{_KEY})$", 254, _called)
ZONE = Words("the name of a time zone", "^[A-Za-z0-9_+/-]+$", 64, _zone)
CURRENCY = Words("a currency (three capital letters)", "^[A-Z]{3}$", 3, _currency)
LANGUAGE = Words(
    'the tag of a language such as "en" or "en-GB"',
    "^[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Z]{2}|[0-9]{3}))?$",
    16,
    _language,
)
COLOUR = Words('a colour such as "#0b6b63"', "^#[0-9a-f]{6}$", 7)
MONEY = Words(
    'an amount such as "420.00"',
    r"^[0-9]{1,10}(\.[0-9]{1,2})?$",
    13,
    _money,
    lambda value, _zone: f"{value:.2f}",
)
TIME = Words('a time of day such as "09:00"', f"^{_CLOCK}$", 5, _minute, _clock)
END_TIME = Words('a time of day such as "17:30"', f"^({_CLOCK}|24:00)$", 5, _minute, _clock)
DATE = Words(
    'a date such as "2027-03-15"',
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    10,
    _date,
    lambda day, _zone: day.isoformat(),
)
_INSTANT = (
    rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.0+)?)?{_OFFSET}$"
)
_AN_INSTANT = 'a time in whole seconds with an offset, such as "2027-03-15T10:00:00-04:00"'
INSTANT = Words(_AN_INSTANT, _INSTANT, 40, _instant, _iso)
BRIEF_INSTANT = Words(_AN_INSTANT, _INSTANT, 40, _instant, _iso_to_the_minute)
