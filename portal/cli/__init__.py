"""The command line: `flask clinic …`, `flask doctor`, `flask backup`, `flask up` …"""

from flask import Flask

from portal.cli.backup import backup, bring_back
from portal.cli.clinic import clinic
from portal.cli.doctor import doctor
from portal.cli.explain import explain
from portal.cli.openings import openings
from portal.cli.password import password
from portal.cli.selftest import selftest
from portal.cli.up import prepare, up, work


def init_app(app: Flask) -> None:
    """Give the app its commands."""
    app.cli.add_command(clinic)
    app.cli.add_command(backup)
    app.cli.add_command(bring_back)
    app.cli.add_command(openings)
    app.cli.add_command(explain)
    app.cli.add_command(password)
    app.cli.add_command(doctor)
    app.cli.add_command(selftest)
    app.cli.add_command(up)
    app.cli.add_command(prepare)
    app.cli.add_command(work)
