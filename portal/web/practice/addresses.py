"""Numbers in the addresses of staff pages."""

LARGEST_ID = 2**31 - 1

ID = f"int(max={LARGEST_ID})"
"""For routes: a number that no row can have is a 404 before the database is asked."""


def row_id(text: str) -> int:
    """The number of a row from a form. Raises ValueError for one that no row can have."""
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError("no row has this number")
    return number
