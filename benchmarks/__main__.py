"""Everything, one after the other: see `make bench`. Names of modules measure those alone."""

import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator

from benchmarks import (
    booking,
    database,
    engine,
    first_visit,
    growth,
    memory,
    peer,
    table,
    week,
)
from benchmarks.databases import servers
from benchmarks.table import Line

SUBJECTS: dict[str, Callable[[dict[str, str]], Iterator[Line]]] = {
    "engine": lambda _where: engine.measure(),
    "peer": peer.measure,
    "database": database.measure,
    "week": week.measure,
    "booking": booking.measure,
    "first_visit": first_visit.measure,
    "memory": memory.measure,
    "growth": growth.measure,
}


def main(names: list[str]) -> None:
    """Measure the subjects, print the table, and write it down if it's of all of them."""
    warnings.simplefilter("ignore")
    logging.disable()
    started = time.monotonic()
    lines: list[Line] = []
    with servers() as where:
        for name in names or SUBJECTS:
            print(f"Measuring: {name} ...", file=sys.stderr, flush=True)
            lines += SUBJECTS[name](where)
    lines.sort(key=lambda line: line.row or "C")
    print(table.told(lines))
    if not names:
        table.write(lines, (time.monotonic() - started) / 60)


if __name__ == "__main__":
    main(sys.argv[1:])
