"""What a check finds: a fault, with a name for strangers and sentences for whoever mends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that's wrong. `name` is a word or two that tells a stranger nothing of use.

    `sentence` says what is wrong, and `mend` what to do about it.
    """

    name: str
    sentence: str
    mend: str


Check = Callable[[], Sequence[Fault]]
