"""A practice's accent colour as the few shades that pages and mails need, legible on each paper.

Contrast is that of WCAG 2.2 (1.4.3): of the two relative luminances, each plus 0.05, the quotient.
"""

from dataclasses import dataclass
from functools import lru_cache

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""

LEGIBLE = 4.5  # level AA, for text of any size
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
STEP = 0.02

OWN_ACCENT = "#0b6b63"
"""The portal's own colour, for a practice that has chosen none."""

COLOURS_OF_PEOPLE = 6
"""How many colours there are to tell people by: --p0 to --p5 of static/portal.css."""

# The papers of static/portal.css that text in the accent colour stands on.
LIGHT_PAPERS = ((255, 255, 255), (247, 248, 248))
DARK_PAPERS = ((24, 32, 33), (17, 23, 24))


@dataclass(frozen=True, slots=True)
class Shades:
    """The accent for links and buttons, a stronger one beside it, and a tint to stand behind."""

    accent: Colour
    strong: Colour
    tint: Colour


def colour(text: str) -> Colour:
    """Return the colour that is written as # and six hexadecimal digits."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


@lru_cache(maxsize=256)
def written(value: Colour) -> str:
    """Return the colour as style sheets have it."""
    return "#" + "".join(f"{part:02x}" for part in value)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return `one` with a share of `other`, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(value: Colour) -> float:
    """Return the relative luminance as WCAG defines it, 0 to 1."""
    parts = [part / 255 for part in value]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=64)
def on_light(accent: str) -> Shades:
    """Return the shades of an accent, written as `colour` reads it, that light paper needs."""
    return shades(colour(accent), LIGHT_PAPERS, BLACK)


@lru_cache(maxsize=64)
def on_dark(accent: str) -> Shades:
    """Return those that dark paper needs."""
    return shades(colour(accent), DARK_PAPERS, WHITE)


def shades(accent: Colour, papers: tuple[Colour, ...], towards: Colour) -> Shades:
    """Return the nearest shades that can be read on the papers and on their own tint.

    The accent is mixed with `towards`, black on white paper and white on black, no further than
    needed: one that's legible stays as it is.
    """
    tint = mix(papers[0], accent, 0.1)
    share = 0.0
    while any(contrast(mix(accent, towards, share), paper) < LEGIBLE for paper in (*papers, tint)):
        share += STEP
    legible = mix(accent, towards, share)
    return Shades(legible, mix(legible, towards, 0.25), tint)
