"""Long picklists: languages, time zones and currencies, in the visitor's language and its order."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies
from flask_babel import get_locale

from portal.languages import languages, name_of

Choices = list[tuple[str, str]]


def language_names(stored: str | None = None) -> Choices:
    """The languages that the portal has, each called as in itself; `stored` where it's another."""
    tags = dict.fromkeys([*languages(), *([stored] if stored else [])])
    return [(tag, name_of(tag)) for tag in tags]


def zones(stored: str | None = None, first: str | None = None) -> Choices:
    """The zones that people live in, and `stored` where it's another one; `first` before all."""
    names = sorted(_zones() | {stored or "UTC"} | ({first} if first else set()))
    names.sort(key=lambda name: name != first)
    return [(name, name.replace("_", " ")) for name in names]


def currencies(stored: str | None = None) -> Choices:
    """The currencies in use today, by name, and `stored` where it's another one."""
    names = (get_locale() or Locale("en")).currencies
    codes = _currencies() | ({stored} if stored else set())
    pairs = [(code, f"{names.get(code, code)} ({code})") for code in codes]
    return sorted(pairs, key=lambda pair: pair[1])


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    named = get_global("zone_territories")
    places = {name for name in named if "/" in name and not name.startswith("Etc/")}
    return frozenset(places & available_timezones())


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    territories = get_global("territory_currencies")
    return frozenset(code for each in territories for code in get_territory_currencies(each))
