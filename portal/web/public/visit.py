"""What the site remembers of a visitor from page to page, in their own signed cookie.

The time that they hold, so that choosing another one lets go of it, and what they typed, so that
nobody has to type it twice when a time is gone. It's forgotten when the booking is made; only where
its mail goes is said once more, on the page that follows.
"""

from typing import Any

from flask import session

HOLD, INVITE, TYPED, BOOKED = "hold", "invite", "typed", "booked"
FIELDS = ("name", "email", "phone", "note")
ROOM = 2500  # bytes of typed text, as JSON writes it: browsers drop a cookie of more than 4096


def held_token() -> str | None:
    """Return the token of the time that this visitor holds, if any."""
    token = session.get(HOLD)
    return token if isinstance(token, str) else None


def invite() -> str | None:
    """Return the token of the invite that brought this visitor to the time they hold, if any."""
    token = session.get(INVITE)
    return token if isinstance(token, str) else None


def remember_hold(token: str, invite: str | None) -> None:
    """Remember the time that this visitor holds now, and the invite that brought them to it."""
    session[HOLD] = token
    session[INVITE] = invite


def remember_typed(values: dict[str, str]) -> None:
    """Remember what was typed into a contact form; of a very long note, as much as fits."""
    session[TYPED] = _fitting(values)


def typed() -> dict[str, str]:
    """Return what was typed into a contact form before; empty where nothing was."""
    kept: Any = session.get(TYPED)
    return kept if isinstance(kept, dict) else {}


def forget() -> None:
    """Forget the held time and what was typed: it has become a booking."""
    session.pop(HOLD, None)
    session.pop(INVITE, None)
    session.pop(TYPED, None)


def remember_booked(token: str, email: str, name: str) -> None:
    """Remember for the next page what was typed for the booking with this token."""
    session[BOOKED] = {"token": token, **_fitting({"email": email, "name": name})}


def just_booked(token: str) -> dict[str, str] | None:
    """Return what was typed for this booking, the first time that its page is shown in here.

    Whoever opens the page later, or elsewhere, may be somebody who was sent its address.
    """
    kept: Any = session.get(BOOKED)
    if not isinstance(kept, dict) or kept.get("token") != token:
        return None
    session.pop(BOOKED)
    return kept


def _fitting(values: dict[str, str]) -> dict[str, str]:
    room = ROOM
    kept = {}
    for name, value in values.items():
        kept[name] = _at_most(value, room)
        room -= _size(kept[name])
    return kept


def _size(text: str) -> int:
    if text.isascii():
        return len(text)
    # Flask writes its cookie as JSON in ASCII: a character outside of it takes six bytes.
    return sum(1 if char.isascii() else 6 if char <= "\uffff" else 12 for char in text)


def _at_most(text: str, size: int) -> str:
    while _size(text) > size:
        text = text[: len(text) * 9 // 10]
    return text
