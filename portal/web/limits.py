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
from limits.storage import Storage
from sqlalchemy import case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from portal.clock import now
from portal.db import db
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
        with transaction() as session:
            # First, so that no two processes wait for each other's rows in a circle.
            session.execute(delete(RateLimit).where(RateLimit.expires <= at))
            upsert = _insert()(RateLimit).values(key=key, count=amount, expires=at + expiry)
            # One that ends later than a window that begins now was begun before the clock was
            # put back: nobody waits for the time that came twice.
            over = or_(RateLimit.expires <= at, RateLimit.expires > at + expiry)
            upsert = upsert.on_conflict_do_update(
                index_elements=[RateLimit.key],
                set_={
                    "count": case((over, amount), else_=RateLimit.count + amount),
                    "expires": case((over, at + expiry), else_=RateLimit.expires),
                },
            ).returning(RateLimit.count)
            return session.execute(upsert).scalar_one()

    def get(self, key: str) -> int:
        """Return what was counted in the present window."""
        query = select(RateLimit.count).where(RateLimit.key == key, RateLimit.expires > _seconds())
        return db.session.scalar(query) or 0

    def get_expiry(self, key: str) -> float:
        """Return the second since 1970 at which the present window ends."""
        query = select(RateLimit.expires).where(RateLimit.key == key)
        return max(db.session.scalar(query) or 0, _seconds())

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


def _insert() -> Any:
    """SQLite and PostgreSQL both have INSERT … ON CONFLICT, each in a dialect of its own."""
    return postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
