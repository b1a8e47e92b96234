"""Rate limits that all processes share and that a restart doesn't forget: they're in the database.

Flask-Limiter brings no storage for SQL, and its memory is each process's own. Windows are fixed:
a counter, and the second at which it starts anew.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial, wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, TypeVar, cast

from flask import Flask, Response, after_this_request, current_app, request
from flask_limiter import Limiter, RateLimitExceeded
from limits import RateLimitItem, parse_many
from limits.storage import Storage
from sqlalchemy import BigInteger, Connection, bindparam, case, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import TooManyRequests

from portal.clock import now
from portal.db import INSERT, NOT_WAITING, db
from portal.models import RateLimit
from portal.plain_rows import plain_inserts, plain_rows
from portal.tokens import token_hash
from portal.transaction import losable_transaction, transaction

Checked = TypeVar("Checked", bound=Callable[..., Any])

IPV6_NETWORK = 64  # bits: what one household or phone is given, so it counts as one visitor


def visitor() -> str:
    """Return the network address that tries are counted for."""
    address = request.remote_addr or "unknown"
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_NETWORK), strict=False))
    return address


def setting(name: str) -> Callable[[], str]:
    """Return what reads the rate of this name from the settings, when it's asked."""

    def rate() -> str:
        return cast("str", current_app.config[name])

    return rate


limiter = Limiter(key_func=visitor, storage_uri="portal://", strategy="fixed-window")
"""Has no default limits: views say what they count, with settings such as SHORT_LINK_MISSES."""


def init_app(app: Flask) -> None:
    """Give the app its limiter, which is asked where something is counted and not before."""
    limiter.init_app(app)
    # It would look before each request for limits that hold everywhere, and there are none: what is
    # decorated asks by itself. That took a twentieth of the time of a page.
    app.before_request_funcs[None].remove(limiter._check_request_limit)


_Windows = Mapping[str, int]
"""Keys, each with how many seconds its window has."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted: the setting that has the rate, for whom, and among what else."""

    rate: str
    key: str
    scope: str


class TooOften(TooManyRequests):
    """One more than the setting `rate` allows.

    `reset_at` is the second since 1970 at which it's counted anew.
    """

    def __init__(self, rate: str, reset_at: int) -> None:
        super().__init__()
        self.rate, self.reset_at = rate, reset_at


def count(*counted: Counted) -> None:
    """Count one more of each, all at once.

    For what is known within a view only, and for several at once. Flask-Limiter's decorators count
    what is known before it; its own way of counting within a view keeps what is counted by the line
    of the program, which threads share.

    Raises TooOften at the first of which it's one too many; what comes after it isn't counted.
    """
    # Several rates that a setting names are as many counters; one that is named twice is one.
    by_key = {
        rate.key_for(one.key, one.scope): (rate, one) for one in counted for rate in _rates_of(one)
    }
    at = _seconds()
    with losable_transaction() as on:
        found = _hit(on, {key: rate.get_expiry() for key, (rate, _) in by_key.items()}, 1, at)
        over = next((key for key, (rate, _) in by_key.items() if found[key][0] > rate.amount), None)
        if over is None:
            return
        keys = list(by_key)
        _take_back(on, keys[keys.index(over) + 1 :], at)
    # Raised here, because what was one too many has been counted too.
    raise TooOften(by_key[over][1].rate, found[over][1])


def misses(
    rate: str, scope: str, missed: Callable[[Response], bool]
) -> Callable[[Checked], Checked]:
    """Refuse whoever has missed as often as the setting `rate` allows, and count who misses now.

    For a check or a view of what can be guessed: only an answer that was `missed` is counted, and
    whoever knows what they came for never is. It raises TooOften before it does anything else. This
    stands before every private address, and Flask-Limiter's own takes three times as long.
    """

    def watch(check: Checked) -> Checked:
        @wraps(check)
        def ask(*args: Any, **named: Any) -> Any:
            counted = Counted(rate, visitor(), scope)
            _require_some_left(counted)
            after_this_request(partial(_count_if, missed, counted))
            return check(*args, **named)

        return cast("Checked", ask)

    return watch


def _require_some_left(counted: Counted) -> None:
    by_key = {rate.key_for(counted.key, counted.scope): rate for rate in _rates_of(counted)}
    for key, so_far, expires in plain_rows(_SO_FAR, {"keys": list(by_key), "at": _seconds()}):
        if so_far >= by_key[key].amount:
            raise TooOften(counted.rate, expires)


def _count_if(missed: Callable[[Response], bool], counted: Counted, answer: Response) -> Response:
    if missed(answer):
        # The answer is what it is; the next one is refused.
        with suppress(TooOften):
            count(counted)
    return answer


def no_more_mails_to(address: str) -> None:
    """Count a mail that a visitor asks for. Raises TooOften after RECOVERY_MAILS.

    Nobody's inbox is filled by strangers. Every address counts, also one that nobody has.
    """
    count(Counted("RECOVERY_MAILS", token_hash(address), "mails to"))


def forget_counts(name: str, key: str, scope: str) -> None:
    """Count anew, for one key, what the shared limit of this setting and scope has counted."""
    for rate in _rates(current_app.config[name]):
        limiter.limiter.clear(rate, key, scope)


def seconds_until_reset(error: TooOften | RateLimitExceeded, at: datetime) -> int:
    """Return how long the visitor who ran into a limit has to wait, at least 1."""
    current = error if isinstance(error, TooOften) else limiter.current_limit
    return max(1, current.reset_at - int(at.timestamp())) if current else 60


class DatabaseStorage(Storage):
    """The counters of the table rate_limit, each change in a short transaction of its own."""

    STORAGE_SCHEME = ["portal"]  # noqa: RUF012  # the base class says that it's a list

    @property
    def base_exceptions(self) -> type[Exception]:
        """What can go wrong in here."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more in the window that ends in `expiry` seconds; return the sum."""
        with losable_transaction() as on:
            return _hit(on, {key: expiry}, amount, _seconds())[key][0]

    def get(self, key: str) -> int:
        """Return what was counted in the present window."""
        return sum(counted for (counted,) in plain_rows(_COUNTED, {"name": key, "at": _seconds()}))

    def get_expiry(self, key: str) -> float:
        """Return the second since 1970 at which the present window ends."""
        return max(_seconds(), *(ends for (ends,) in plain_rows(_EXPIRES, {"name": key})), 0)

    def check(self) -> bool:
        """Say whether the storage answers."""
        try:
            db.session.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int:
        """Forget every counter; return how many there were."""
        with transaction() as session:
            return len(session.scalars(delete(RateLimit).returning(RateLimit.key)).all())

    def clear(self, key: str) -> None:
        """Forget one counter."""
        with transaction() as session:
            session.execute(delete(RateLimit).where(RateLimit.key == key))


def _hit(on: Connection, windows: _Windows, amount: int, at: int) -> dict[str, tuple[int, int]]:
    """Count so many more of each key, all by one statement; the sums, and when windows end.

    What is over is counted anew; the worker clears away what nobody counts any more.
    """
    # In order: rows are locked one by one, and nobody waits for another one in a circle.
    rows = [{"key": key, "count": amount, "expires": at + windows[key]} for key in sorted(windows)]
    found = plain_inserts(_COUNT[db.engine.dialect.name], rows, {"at": at}, on=on)
    return {key: (int(counted), int(expires)) for key, counted, expires, *_ in found}


def _take_back(on: Connection, keys: list[str], at: int) -> None:
    """Let the one that was just counted of each key not have been; a window that began is over."""
    # One by one, as PostgreSQL commits each by itself: who has one doesn't wait for another.
    for key in keys:
        plain_rows(_UNCOUNT, {"taken_back": key, "at": at}, on=on)


def _rates_of(counted: Counted) -> list[RateLimitItem]:
    return _rates(current_app.config[counted.rate])


@lru_cache(maxsize=64)
def _rates(text: str) -> list[RateLimitItem]:
    return parse_many(text)


def _seconds() -> int:
    return int(now().timestamp())


def _count(insert: Any, *more: Any) -> Any:
    """Count in the window that there is or in a new one, with nothing in between: one statement."""
    at, new = bindparam("at", type_=BigInteger), insert(RateLimit)
    # One that ends later than a window that begins now was begun before the clock was put back:
    # nobody waits for the time that came twice.
    over = or_(RateLimit.expires <= at, RateLimit.expires > new.excluded.expires)
    return new.on_conflict_do_update(
        index_elements=[RateLimit.key],
        set_={
            "count": case((over, new.excluded.count), else_=RateLimit.count + new.excluded.count),
            "expires": case((over, new.excluded.expires), else_=RateLimit.expires),
        },
    ).returning(RateLimit.key, RateLimit.count, RateLimit.expires, *more)


# Made once: each request counts something, and making them takes as long as asking them.
_COUNT = {
    "sqlite": _count(INSERT["sqlite"]),
    "postgresql": _count(INSERT["postgresql"], NOT_WAITING),
}
_UNCOUNT = (
    update(RateLimit)
    .where(RateLimit.key == bindparam("taken_back"))
    .values(
        count=RateLimit.count - 1,
        expires=case(
            (RateLimit.count == 1, bindparam("at", type_=BigInteger)), else_=RateLimit.expires
        ),
    )
)
_SO_FAR = select(RateLimit.key, RateLimit.count, RateLimit.expires).where(
    RateLimit.key.in_(bindparam("keys", expanding=True)), RateLimit.expires > bindparam("at")
)
_EXPIRES = select(RateLimit.expires).where(RateLimit.key == bindparam("name"))
_COUNTED = select(RateLimit.count).where(
    RateLimit.key == bindparam("name"), RateLimit.expires > bindparam("at")
)
