"""What every template may use: macros, icons, and times, dates and money as people write them.

Instants are aware datetimes or whole UTC seconds; a filter that shows one takes the zone to show
it in, so that no page says a time without a choice of whose.
"""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from flask import Flask, g, has_request_context, request
from flask_babel import get_locale, get_translations, lazy_gettext
from flask_babel import gettext as _
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from portal.db import db
from portal.languages import languages, locale_of, nearest, spoken_texts, tag_of, translated
from portal.models import Delivery, Practice
from portal.web.request_time import now

REMEMBERED_PIECES = 192
"""Of templates, for their values: some weeks of a few packages and languages."""

REMEMBERED_TIMES = 2048
"""Of instants on a clock: a calendar's sessions mostly begin when a colleague's do."""

METHODS = {
    Delivery.IN_PERSON: lazy_gettext("In person"),
    Delivery.VIDEO: lazy_gettext("Video call"),
    Delivery.PHONE: lazy_gettext("Phone call"),
}


class Macros:
    """The macros of ui.html as a global: a block that is rendered alone sees no imports."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getattr__(self, name: str) -> Any:
        # Jinja keeps the compiled template and its module, and reads a changed file again.
        return getattr(self._environment.get_template("ui.html").module, name)


def init_app(app: Flask) -> None:
    """Give templates their globals and filters; a misspelt name is an error, not an empty text."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    # As Flask-Babel does itself, which would look for the language anew for each text.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _texts().ugettext(text),
        ngettext=lambda one, several, count: _texts().ungettext(one, several, count),
        newstyle=True,
    )
    # Jinja's own looks for the other one, by its name, for each text.
    environment.globals["_"] = environment.globals["gettext"]
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals |= {
        "icon": _icons(app),
        "language": language,
        "piece": _pieces(environment),
        "same_clock": same_clock,
        "ui": Macros(environment),
    }
    environment.filters |= {
        "clock": clock_time,
        "day": day_name,
        "short_day": short_day,
        "moment": moment,
        "money": money,
        "amount": amount,
        "method": lambda method: METHODS[Delivery(method)],
        "own_period": own_period,
        "long_date": long_date,
        "days": days,
        "weekday": weekday,
        "zone_name": zone_name,
        "zone_place": zone_place,
        "iso": lambda instant: in_zone(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _pieces(environment: Environment) -> Any:
    @lru_cache(maxsize=REMEMBERED_PIECES)
    def made(template: Template, _language: str, values: tuple[tuple[str, Any], ...]) -> Markup:
        return Markup(template.render(values))  # noqa: S704  (rendered as every page is)

    def piece(name: str, *, keep: bool = True, **values: Any) -> Markup:
        """Return a template that follows from these values and the language alone.

        Mostly the next visitor sees the same, so it's rendered once and kept. Nothing of the
        request, the session or the time may be in it that isn't one of the values.
        """
        render = made if keep else made.__wrapped__
        return render(environment.get_template(name), language(), tuple(values.items()))

    return piece


def best_language() -> Locale | None:
    """Return the locale of the visitor's language; None where the portal's own will have to do."""
    # The worker writes mail outside of any request.
    if not has_request_context():
        return None
    found = the_visitors_language() or _practices_language()
    return locale_of(found) if found else None


def the_visitors_language() -> str | None:
    """Return the tag of the language that the visitor reads, None where the portal has none."""
    return _best_match(request.headers.get("Accept-Language", ""), tuple(languages()))


@lru_cache(maxsize=256)
def _best_match(accepted: str, has: tuple[str, ...]) -> str | None:
    # Visitors' browsers say the same few things, each with every request.
    return parse_accept_header(accepted, LanguageAccept).best_match(has)


def _practices_language() -> str | None:
    # With one language there is nothing to ask the database for, which may be what's broken.
    if len(translated()) == 1:
        return None
    with suppress(SQLAlchemyError):
        # Held until the end: a session forgets what nobody holds, and pages ask for it again.
        g.practice = db.session.get(Practice, 1)
        return nearest(g.practice.language) if g.practice else None
    return None


def language() -> str:
    """Return the language of this answer as browsers write it, such as `en` or `pt-BR`."""
    return tag_of(_locale())


def in_zone(instant: datetime | int, zone: Any) -> datetime:
    """Return an instant on the zone's clock."""
    if isinstance(instant, int):
        return datetime.fromtimestamp(instant, zone)
    return instant.astimezone(zone)


def same_clock(instant: datetime | int, zone: ZoneInfo, other: ZoneInfo) -> bool:
    """Say whether clocks in both zones show the same at the instant."""
    return in_zone(instant, zone).utcoffset() == in_zone(instant, other).utcoffset()


def clock_time(instant: datetime | int, zone: ZoneInfo) -> str:
    """Return the time of day, such as 09:30; with the zone's letters where it comes twice."""
    return _clock_time(instant if isinstance(instant, int) else int(instant.timestamp()), zone)


# A second and no datetime: two that are on the same zone's clock are equal where it comes twice.
@lru_cache(maxsize=REMEMBERED_TIMES)
def _clock_time(second: int, zone: ZoneInfo) -> str:
    local = in_zone(second, zone)
    text = f"{local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} {local:%Z}" if twice else text


def day_name(day: date | datetime | int, zone: ZoneInfo | None = None) -> str:
    """Return a date in full, such as Monday, November 23; of an instant, the zone's date."""
    return _written(_date(day, zone), True, _locale())


def short_day(day: date | datetime | int, zone: ZoneInfo | None = None) -> str:
    """Return a date in short, such as Mon, Nov 23."""
    return _written(_date(day, zone), False, _locale())


def moment(instant: datetime | int, zone: ZoneInfo) -> str:
    """Return day and time, with the words today and tomorrow where they're true."""
    day, today = _date(instant, zone), now().astimezone(zone).date()
    names = {0: _("Today"), 1: _("Tomorrow")}
    near = names.get((day - today).days)
    when = f"{near}, {short_day(day)}" if near else day_name(day)
    return _("%(day)s at %(time)s", day=when, time=clock_time(instant, zone))


def own_period(start: datetime, end: datetime, zone: ZoneInfo, own: ZoneInfo) -> str:
    """Return from when to when on the visitor's clock; with the day, where theirs is another."""
    times = f"{clock_time(start, own)}–{clock_time(end, own)}"
    same_day = _date(start, zone) == _date(start, own)
    return times if same_day else f"{day_name(start, own)}, {times}"


def long_date(day: date) -> str:
    """Return a date that may be far off, such as February 20, 2027."""
    return dates.format_date(day, "long", locale=_locale())


def days(first: date, last: date) -> str:
    """Return from which date to which, such as Nov 23 – 29."""
    return _interval(first, last, _locale())


def weekday(day: date) -> str:
    """Return the weekday in short, such as Mon."""
    return dates.format_date(day, "EEE", locale=_locale())


def amount(number: float) -> str:
    """Return a number as people write it, with a decimal at most: 1.5 or 1,5."""
    return numbers.format_decimal(number, "#,##0.#", locale=_locale())


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as the visitor's language writes it, such as $420.00."""
    return numbers.format_currency(amount, currency, locale=_locale())


def zone_name(zone: ZoneInfo) -> str:
    """Return what the zone's time is called all year round, such as Eastern Time."""
    # CLDR's names go by territory, and this one has none.
    if str(zone) in ("UTC", "Etc/UTC"):
        return "UTC"
    return dates.get_timezone_name(zone, locale=_locale())


def zone_place(zone: ZoneInfo) -> str:
    """Return the place that stands for the zone, such as New York."""
    return str(zone).rpartition("/")[2].replace("_", " ")


def _locale() -> Locale:
    return get_locale() or Locale("en")


def _texts() -> Any:
    """Return the texts of the language that is in force."""
    if (spoken := spoken_texts()) is not None:
        return spoken
    locale = get_locale()
    if locale is None:
        return get_translations()
    if g.get("texts", (None,))[0] is not locale:
        g.texts = locale, get_translations()
    return g.texts[1]


def _date(day: date | datetime | int, zone: ZoneInfo | None) -> date:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    return in_zone(day, zone).date()


@lru_cache(maxsize=2048)
def _written(day: date, full: bool, locale: Locale) -> str:
    # Languages say in which order weekday, month and day come, but only for the short names.
    pattern = locale.datetime_skeletons["MMMEd"].pattern
    if full:
        pattern = re.sub("E+", "EEEE", re.sub("M{3,}", "MMMM", pattern))
    return dates.format_date(day, pattern, locale=locale)


@lru_cache(maxsize=256)
def _interval(first: date, last: date, locale: Locale) -> str:
    return dates.format_interval(first, last, "MMMd", locale=locale)


def _icons(app: Flask) -> Any:
    folder = Path(str(app.static_folder)) / "icons"

    @lru_cache(maxsize=64)
    def icon(name: str) -> Markup:
        """Return one of our own SVG files as markup, hidden from screen readers."""
        return Markup((folder / f"{name}.svg").read_text().strip())  # noqa: S704  # our own file

    return icon
