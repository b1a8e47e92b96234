"""The table of all results, on the screen and in RESULTS.md."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pysqlite3

HERE = Path(__file__).parent
HEAD = ("", "what", "measured", "ratio", "target", "holds")
PACKAGES = ("Flask", "SQLAlchemy", "Jinja2", "gunicorn", "psycopg", "portion")


@dataclass(frozen=True)
class Line:
    """One result. `holds` is None for what is only shown, beside a result that has a target."""

    row: str
    what: str
    measured: str
    ratio: str = ""
    target: str = ""
    holds: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The line's texts, as in HEAD."""
        verdict = {True: "yes", False: "NO", None: ""}[self.holds]
        return (self.row, self.what, self.measured, self.ratio, self.target, verdict)


def ms(seconds: float) -> str:
    """A time in milliseconds, with three digits that count."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds * 1000:,.0f} ms"


def times(ratio: float) -> str:
    """A ratio, with the digits that count."""
    return f"{ratio:.2f} ×" if ratio < 10 else f"{ratio:,.0f} ×"


def told(lines: Sequence[Line]) -> str:
    """The lines as columns of text."""
    rows = [HEAD, *(line.cells for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def write(lines: Iterable[Line], minutes: float) -> None:
    """Write RESULTS.md: the table, the machine, and what's to be said of it."""
    rows = [f"| {' | '.join(line.cells)} |" for line in lines]
    text = [
        "# How fast",
        "",
        "Written by `make bench`; not to be edited by hand. Ratios are medians of interleaved",
        "rounds in one run, because the machine's speed drifts; believe them more than the times.",
        "",
        f"- {datetime.now(UTC):%d %B %Y}, in {minutes:.0f} minutes",
        f"- {_processor()}, {os.cpu_count()} cores, {platform.system()}",
        f"- {_versions()}",
        f"- load average {os.getloadavg()[2]:.1f} in the last 15 minutes, of which this run is 1",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * len(HEAD)}",
        *rows,
        "",
        (HERE / "NOTES.md").read_text(),
        "",
    ]
    (HERE / "RESULTS.md").write_text("\n".join(text))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> str:
    python = f"Python {platform.python_version()}, SQLite {pysqlite3.sqlite_version}"
    return ", ".join([python, *(f"{name} {version(name)}" for name in PACKAGES)])
