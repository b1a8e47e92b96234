"""Whether a message still goes, and when it's tried again: what a worker asks before it sends.

What happened since the message was written decides. It knows neither database nor clock.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)

VARIES = 0.25
"""By which part a pause is shorter or longer, so that many that failed together spread."""

FURTHEST = LONGEST_PAUSE * (1 + VARIES)
"""Nothing is put off for longer: what is due after that, a clock has said that was wrong."""

ATTEMPTS = 16
"""With the pauses between them these are two days."""

LONGEST_WAIT = timedelta(days=30)
"""How long a message waits for there to be a mail server at all."""


class Verdict(Enum):
    """What to do with a message that is due."""

    SEND = auto()
    # The same news in other words: it's composed anew, and goes.
    REWRITE = auto()
    # Not needed any more, and why.
    TOLD_SINCE = auto()
    NOT_TAKING_PLACE = auto()
    AT_ANOTHER_TIME = auto()
    NOBODY_TO_REMIND = auto()
    TOO_LATE = auto()
    # Failed.
    NO_SUCCESS = auto()

    @property
    def goes(self) -> bool:
        """Whether the message is sent."""
        return self in (Verdict.SEND, Verdict.REWRITE)


@dataclass(frozen=True, slots=True)
class About:
    """The session that a message is about, as it is now.

    `changes` counts the changes of the session since the message was written. `told_since`: the
    same recipient was sent a message about one of those, or one waits to be sent.
    """

    starts_at: datetime
    confirmed: bool
    client_active: bool
    changes: int
    told_since: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due. `expires_at` of a reminder is the start that it reminds of."""

    reminder: bool
    created_at: datetime
    expires_at: datetime | None
    attempts: int
    about: About | None


def verdict(message: Due, now: datetime) -> Verdict:
    """Say what to do with the message.

    It came too late when the session that it's about has begun, and it's given up after its last
    attempt, or when it has waited for LONGEST_WAIT. What it says may have been overtaken: a
    reminder has to be true, so one of a session that isn't confirmed any more, or starts at
    another time, is dropped, and one of a session that changed otherwise is written anew. Any
    other message is dropped only where its reader is told of a later change: nobody is left with
    nothing.
    """
    if message.expires_at is not None and message.expires_at <= now:
        return Verdict.TOO_LATE
    if message.attempts >= ATTEMPTS or message.created_at + LONGEST_WAIT <= now:
        return Verdict.NO_SUCCESS
    if message.about is None:
        return Verdict.SEND
    if message.reminder:
        return _about_a_reminder(message, message.about)
    overtaken = message.about.changes > 0 and message.about.told_since
    return Verdict.TOLD_SINCE if overtaken else Verdict.SEND


def _about_a_reminder(message: Due, about: About) -> Verdict:
    if not about.confirmed:
        return Verdict.NOT_TAKING_PLACE
    if about.starts_at != message.expires_at:
        return Verdict.AT_ANOTHER_TIME
    if not about.client_active:
        return Verdict.NOBODY_TO_REMIND
    return Verdict.REWRITE if about.changes > 0 else Verdict.SEND


def pause_after(attempt: int) -> timedelta:
    """How long to wait after the attempt with this number, counted from 1.

    It doubles each time, and varies so that many that failed together don't all come back together.
    """
    doubled = FIRST_PAUSE * 2 ** min(attempt - 1, 20)
    return min(doubled, LONGEST_PAUSE) * random.uniform(1 - VARIES, 1 + VARIES)  # noqa: S311
