"""How often tests with random clinics and random acts try: seconds in each run, longer on request.

`make test` is meant to end within ten minutes on two cores, so it takes the smaller numbers. `make
test-long` takes the larger ones, which the promises are made for.
"""

import os

import pytest


def tries(few: int, many: int) -> int:
    """`few`, or `many` where the environment has LONG."""
    return many if os.environ.get("LONG") else few


on_fewer_engines = pytest.mark.parametrize(
    "database_url",
    [
        pytest.param(name, marks=getattr(pytest.mark, name))
        for name in (["sqlite", "postgresql"] if os.environ.get("LONG") else ["sqlite"])
    ],
    indirect=True,
)
"""For what takes long on each: on SQLite alone, or on both where the environment has LONG."""
