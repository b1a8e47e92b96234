"""B2: openings from the database, beside django-appointment's on the same data.

It knows wall clocks only, no zones' changes, so on the day of the change it's compared apart.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from benchmarks.database import disposed, openings
from benchmarks.databases import app_with, new_database
from benchmarks.diary import ZONE, Diary, diary, is_shown, next_change
from benchmarks.table import Line, ms, times
from portal.config import ROOT

TARGET = 150  # times faster
VERSION = "3.12.0"
ENVIRONMENT = ROOT / ".venv-bench"
ROUNDS = 5

Openings = set[tuple[str, str, int]]
"""Date, wall clock and the person's number."""


def measure(where: dict[str, str]) -> Iterator[Line]:
    """B2, and what django-appointment gets wrong on the day of the clock change."""
    clinic = diary(5, 7)
    with disposed() as apps, _peer(clinic) as peer:
        apps.append(app_with(clinic, new_database(where, "sqlite")))
        # Their view is called as a function, so that ours goes without its web framework too.
        with apps[0].app_context():
            ours = {
                (f"{local:%Y-%m-%d}", f"{local:%H:%M}", opening.member_id)
                for opening in openings(clinic)
                for local in [datetime.fromtimestamp(opening.start, ZONE)]
            }
            theirs: Openings = {(day, at, who) for day, at, who in peer("answer")}
            change = next_change_in(clinic)
            assert _without(ours, change) == _without(theirs, change), "not the same openings"
            seconds = _timed(partial(openings, clinic), peer)
        yield from _told(ours, theirs, change, seconds)


def next_change_in(clinic: Diary) -> str:
    """The date, among the diary's, on which clocks go forward."""
    change = next_change(datetime.now(ZONE).date())
    assert change in clinic.dates
    return change.isoformat()


def _told(
    ours: Openings, theirs: Openings, change: str, seconds: list[tuple[float, float]]
) -> Iterator[Line]:
    ratio = median(their / our for our, their in seconds)
    yield Line(
        "B2",
        f"from SQLite, P=5 D=7, against django-appointment {VERSION}",
        f"{ms(median(our for our, _ in seconds))} against {ms(median(t for _, t in seconds))}",
        times(ratio),
        f"at least {TARGET} ×",
        ratio >= TARGET,
    )
    wrong = [(at, who) for day, at, who in theirs - ours if day == change]
    skipped = sum(
        not is_shown(datetime.fromisoformat(change).date(), minute(at)) for at, _ in wrong
    )
    missing = len([1 for day, _, _ in ours - theirs if day == change])
    yield Line(
        "",
        "what django-appointment gets wrong on the day of the clock change",
        f"{len(wrong)} openings that aren't there ({skipped} at times that don't exist), "
        f"{missing} missing",
    )


def minute(at: str) -> int:
    """A wall clock's time as minutes since midnight."""
    return int(at[:2]) * 60 + int(at[3:])


def _timed(ours: Callable[[], object], peer: Callable[[str], float]) -> list[tuple[float, float]]:
    ours()
    peer("round")
    # What was made to be measured would be gone through by every full collection, in both.
    gc.collect()
    gc.freeze()
    found = []
    for _ in range(ROUNDS):
        started = process_time()
        for _ in range(20):
            ours()
        found.append(((process_time() - started) / 20, peer("round")))
    return found


def _without(openings: Openings, day: str) -> Openings:
    return {opening for opening in openings if opening[0] != day}


@contextmanager
def _peer(clinic: Diary) -> Iterator[Callable[[str], object]]:
    """The other program, which answers a word with a line."""
    process = subprocess.Popen(
        [_python(), str(Path(__file__).with_name("django_appointment.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(word: str) -> object:
        process.stdin.write(word + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    process.stdin.write(json.dumps(_document(clinic)) + "\n")
    yield ask
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()


def _python() -> str:
    """The Python of an environment that has the package, made the first time."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    quietly = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*quietly, f"django-appointment=={VERSION}", "tzdata"], check=True)
    return str(python)


def _document(clinic: Diary) -> dict[str, object]:
    def wall(at: datetime) -> int:
        local = at.astimezone(ZONE)
        return local.hour * 60 + local.minute

    return {
        "zone": ZONE.key,
        "dates": [day.isoformat() for day in clinic.dates],
        "people": [
            {
                "name": person.name,
                "opens": person.opens,
                "closes": person.closes,
                "sessions": [
                    (start.astimezone(ZONE).date().isoformat(), wall(start), wall(end))
                    for start, end in person.busy
                ],
            }
            for person in clinic.people
        ],
    }
