"""The only place that reads the clock. Everywhere else time is an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant in UTC, to the second: what is stored and compared is whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
