"""Rate limits that all processes share and that a restart doesn't forget: they're in the database.

Flask-Limiter brings no storage for SQL, and its memory is each process's own. Windows are fixed:
a counter, and the second at which it starts anew.
"""

from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, cast

from flask import Flask, current_app, request
from flask_limiter import Limiter
from limits import parse_many
from limits.storage import Storage
from sqlalchemy import BigInteger, bindparam, case, delete, or_, select
from sqlalchemy.exc import SQLAlchemyError

from portal.clock import now
from portal.db import INSERT, db
from portal.models import RateLimit
from portal.tokens import token_hash
from portal.transaction import transaction

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
    """Give the app its limiter."""
    limiter.init_app(app)


def no_more_mails_to(address: str) -> None:
    """Count a mail that a visitor asks for. Raises RateLimitExceeded after RECOVERY_MAILS.

    Nobody's inbox is filled by strangers. Every address counts, also one that nobody has.
    """
    rate = current_app.config["RECOVERY_MAILS"]
    with limiter.limit(rate, key_func=lambda: f"mails to {token_hash(address)}"):
        pass


def forget_counts(name: str, key: str, scope: str) -> None:
    """Count anew, for one key, what the shared limit of this setting and scope has counted."""
    for rate in parse_many(current_app.config[name]):
        limiter.limiter.clear(rate, key, scope)


def seconds_until_reset(at: datetime) -> int:
    """Return how long the visitor who ran into a limit in this request has to wait, at least 1."""
    current = limiter.current_limit
    return max(1, current.reset_at - int(at.timestamp())) if current else 60


class DatabaseStorage(Storage):
    """The counters of the table rate_limit, each change a short transaction of its own."""

    STORAGE_SCHEME = ["portal"]  # noqa: RUF012  # the base class says that it's a list

    @property
    def base_exceptions(self) -> type[Exception]:
        """What can go wrong in here."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more in the window that ends in `expiry` seconds; return the sum."""
        at = _seconds()
        # Nobody is told of a count, so it needn't be on the disk when the power goes.
        with transaction(losable=True) as session:
            connection = session.connection()
            # First, so that no two processes wait for each other's rows in a circle.
            connection.execute(_CLEAR, {"at": at})
            asked = {"name": key, "amount": amount, "at": at, "until": at + expiry}
            return int(connection.execute(_COUNT[db.engine.dialect.name], asked).scalar_one())

    def get(self, key: str) -> int:
        """Return what was counted in the present window."""
        return db.session.connection().scalar(_COUNTED, {"name": key, "at": _seconds()}) or 0

    def get_expiry(self, key: str) -> float:
        """Return the second since 1970 at which the present window ends."""
        return max(db.session.connection().scalar(_EXPIRES, {"name": key}) or 0, _seconds())

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


def _seconds() -> int:
    return int(now().timestamp())


def _count(insert: Any) -> Any:
    """Count in the window that there is or in a new one, with nothing in between: one statement."""
    at, amount, until = (bindparam(name, type_=BigInteger) for name in ("at", "amount", "until"))
    # One that ends later than a window that begins now was begun before the clock was put back:
    # nobody waits for the time that came twice.
    over = or_(RateLimit.expires <= at, RateLimit.expires > until)
    counting = insert(RateLimit).values(key=bindparam("name"), count=amount, expires=until)
    return counting.on_conflict_do_update(
        index_elements=[RateLimit.key],
        set_={
            "count": case((over, amount), else_=RateLimit.count + amount),
            "expires": case((over, until), else_=RateLimit.expires),
        },
    ).returning(RateLimit.count)


# Made once: each request counts something, and making them takes as long as asking them.
_COUNT = {engine: _count(insert) for engine, insert in INSERT.items()}
_CLEAR = delete(RateLimit).where(RateLimit.expires <= bindparam("at"))
_EXPIRES = select(RateLimit.expires).where(RateLimit.key == bindparam("name"))
_COUNTED = select(RateLimit.count).where(
    RateLimit.key == bindparam("name"), RateLimit.expires > bindparam("at")
)
