"""The command line: `flask clinic …`, `flask doctor`, `flask backup`, `flask up` …

A command is imported when it's run: the site, which runs none, needn't have them all in memory.
"""

from importlib import import_module

from click import Command, Context
from flask import Flask
from flask.cli import AppGroup

from portal import migrating

COMMANDS = {
    "clinic": "clinic:clinic",
    "backup": "backup:backup",
    "restore": "backup:bring_back",
    "openings": "openings:openings",
    "explain": "explain:explain",
    "password": "password:password",
    "doctor": "doctor:doctor",
    "selftest": "selftest:selftest",
    "up": "up:up",
    "prepare": "up:prepare",
    "worker": "up:work",
}
"""By their names on the command line: the module in here, and the function's name in it."""

MIGRATING = "db"
"""The name of Flask-Migrate's commands."""


class Commands(AppGroup):
    """Ours and `flask db`, beside those that extensions bring."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.cli.name, commands=app.cli.commands)
        self._app = app

    def list_commands(self, ctx: Context) -> list[str]:
        """Return every command's name."""
        return sorted({*super().list_commands(ctx), *COMMANDS, MIGRATING})

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return the command of this name, None where there's none."""
        if cmd_name == MIGRATING:
            return migrating.commands(self._app)
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, function = COMMANDS[cmd_name].partition(":")
        found: Command = getattr(import_module(f"portal.cli.{module}"), function)
        return found


def init_app(app: Flask) -> None:
    """Give the app its commands."""
    app.cli = Commands(app)
