"""Which passwords are guessed first: the common ones, and what anybody knows about their owner.

What isn't among them is safe enough behind the limits on trying. There are no rules for which
characters a password has: they make people take the same ones (NIST SP 800-63B, 5.1.1.2).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

FEW = 3  # different characters: however long, it's a pattern on the keyboard
NUMBERS = 16  # characters, without a letter: below, it's a telephone number, or a date or two


def is_easily_guessed(password: str, about: Iterable[str]) -> bool:
    """Say whether it's a common password, or made of what's known, with digits or signs around.

    `about` is what is known about its owner: names, an address, the practice.
    """
    if len(set(password.lower())) <= FEW:
        return True
    core = _core(password)
    if not core:
        return len(password) < NUMBERS
    return core in _common() or core in {known for text in about for known in _of(text)}


def _core(text: str) -> str:
    """The text in small letters, without signs and spaces, and without the digits at its ends."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", text).lower()).strip("0123456789")


def _of(text: str) -> Iterable[str]:
    """The text, and each of its words: a name and a surname, the two halves of an address."""
    yield _core(text)
    yield from filter(None, map(_core, re.split(r"\W+", text)))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    # Its list of 30,000 passwords alone: its estimate takes 17 seconds for a line of signs that
    # stand for letters. It's loaded when somebody chooses a password, as it takes some memory.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(map(_core, FREQUENCY_LISTS["passwords"]))
