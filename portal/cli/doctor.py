"""`flask doctor` says what is wrong with this installation, and how to mend it."""

from dataclasses import asdict

import click
from flask.cli import with_appcontext

from portal import clock
from portal.cli.answering import as_json, in_sentences, readable
from portal.health.doctor import Finding, examine


@click.command("doctor")
@click.option("--json", "in_json", is_flag=True, help="Answer as JSON.")
@with_appcontext
@in_sentences
def doctor(in_json: bool) -> None:
    """Say what is wrong and how to mend it; exit code 1 if anything is."""
    findings = examine(clock.now())
    well = all(finding.well for finding in findings)
    if in_json:
        answer = {"well": well, "checks": [asdict(finding) for finding in findings]}
        click.echo(as_json(answer), nl=False)
    else:
        for line in _lines(findings):
            click.echo(line)
    raise click.exceptions.Exit(0 if well else 1)


def _lines(findings: list[Finding]) -> list[str]:
    """A line for each that is well, and two for each that isn't: what is wrong, and the mending."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        mark = "ok   " if finding.well else "WRONG"
        lines.append(f"{mark}  {finding.name.ljust(width)}  {readable(finding.sentence)}")
        if finding.mend:
            lines.append(f"{' ' * (width + 9)}{readable(finding.mend)}")
    return lines
