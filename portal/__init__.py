"""The clinic's booking portal. `create_app` is the table of contents."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(overrides: Mapping[str, Any] | None = None) -> "Flask":
    """The application; `overrides` take the place of settings from the environment.

    Raises WrongSetting where a setting can't be used. The parts are imported here and not above,
    so that the rules in portal.scheduling can be used without Flask or a database.
    """
    from flask import Flask

    from portal import cli, config, db, logs, mail, migrating, rendering, web

    app = Flask(
        __name__,
        root_path=str(config.ROOT),
        instance_path=str(config.INSTANCE),
    )
    app.jinja_environment = rendering.Environment
    app.config.from_mapping(config.from_environment(overrides))
    logs.set_up(app.config["LOG_FORMAT"])
    db.init_app(app)
    migrating.init_app(app)
    mail.init_app(app)
    web.init_app(app)
    cli.init_app(app)
    return app
