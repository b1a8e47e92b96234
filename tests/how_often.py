"""How often tests with random clinics and random acts try: seconds in each run, longer on request.

`make test` is meant to end within ten minutes on two cores, so it takes the smaller numbers. `make
test-long` takes the larger ones, which the promises are made for.
"""

import os


def tries(few: int, many: int) -> int:
    """`few`, or `many` where the environment has LONG."""
    return many if os.environ.get("LONG") else few


def engines() -> list[str]:
    """SQLite, or both engines where the environment has LONG: for what takes long on each."""
    return ["sqlite", "postgresql"] if os.environ.get("LONG") else ["sqlite"]
