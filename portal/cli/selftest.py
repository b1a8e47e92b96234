"""`flask selftest` tries to book somebody twice, in a copy of the clinic's database."""

from dataclasses import asdict

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import clock
from portal.cli.answering import as_json, in_sentences, readable
from portal.db import db
from portal.selftest.rounds import Report, run_rounds
from portal.selftest.scratch import scratch_copy


@click.command("selftest")
@click.option("--clients", default=10, show_default=True, type=click.IntRange(2, 100))
@click.option("--openings", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option("--json", "in_json", is_flag=True, help="Answer as JSON.")
@with_appcontext
@in_sentences
def selftest(clients: int, openings: int, in_json: bool) -> None:
    """Let many clients book at once, in a copy of the database; exit code 1 if it goes wrong.

    The clinic's own database is only read, and no mail leaves.
    """
    url = current_app.config["DATABASE_URL"]
    # Our own connections, which may write, have no part in this.
    db.session.remove()
    db.engine.dispose()
    with scratch_copy(url) as copy:
        report = run_rounds(copy, clock.now(), clients, openings)
    if in_json:
        click.echo(as_json({"passed": report.passed, **asdict(report)}), nl=False)
    else:
        click.echo("\n".join(_lines(report)))
    raise click.exceptions.Exit(0 if report.passed else 1)


def _lines(report: Report) -> list[str]:
    """What was tried and what came of it, for people."""
    lines = [
        f"In a copy of this clinic's database ({report.sessions} sessions), on {report.database}.",
        "Each client is a process. The starts they want at an opening are 15 minutes apart, and",
        "the sessions an hour long, so that of all who want one opening exactly one can have it.",
    ]
    for number, one in enumerate(report.rounds, start=1):
        lines += ["", f"{number}. {one.title} ({one.seconds:.1f} s)"]
        lines += [
            f"   {'ok   ' if count.well else 'WRONG'}  {readable(count.sentence)}"
            for count in one.counts
        ]
    end = "Passed: nobody is booked twice." if report.passed else "FAILED: see what is WRONG above."
    return [*lines, "", end, "The copy is removed; the clinic's own database was only read."]
