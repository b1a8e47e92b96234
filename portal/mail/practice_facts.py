"""What mails say of the practice, and go by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.as_set_up import as_set_up
from portal.models import Practice
from portal.plain_rows import plain_rows

_FACTS = select(
    Practice.name,
    Practice.language,
    Practice.timezone,
    Practice.accent,
    Practice.place,
    Practice.video_link,
    Practice.running_out_at,
)


@dataclass(frozen=True, slots=True)
class PracticeFacts:
    """The practice as plain values, each as in its row; the mail of a test needs its name alone."""

    name: str
    language: str | None = None
    timezone: str = "UTC"
    accent: str | None = None
    place: str | None = None
    video_link: str | None = None
    running_out_at: int | None = None


def practice_facts() -> PracticeFacts:
    """What the practice's row says now. Each mail asks, so the row is no object of a model."""
    (row,) = as_set_up(_rows)
    return PracticeFacts(*row)


def _rows() -> Sequence[Any]:
    return plain_rows(_FACTS)
