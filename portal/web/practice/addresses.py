"""Numbers in the addresses of staff pages."""

LARGEST_ID = 2**31 - 1

MOST_DIGITS = 11  # of an instant: until the year 5138

ID = f"int(max={LARGEST_ID})"
"""For routes: a number that no row can have is a 404 before the database is asked."""


def row_id(text: str) -> int:
    """The number of a row from a form. Raises ValueError for one that no row can have."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError("no row has this number")
    return number


def row_and_second(text: str) -> tuple[int, int]:
    """The number of a row and an instant (UTC seconds) from a form: `12@1804090000`.

    Raises ValueError for anything else.
    """
    number, _at, second = text.partition("@")
    if not second.isascii() or not second.isdigit() or len(second) > MOST_DIGITS:
        raise ValueError("no instant is written like this")
    return row_id(number), int(second)
