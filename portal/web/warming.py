"""What the first request would make in each process, made once before the processes part."""

from babel import Locale
from flask import Flask
from sqlalchemy.orm import configure_mappers

from portal.db import db
from portal.health import readiness
from portal.languages import languages, locale_of


def warm_up(app: Flask) -> None:
    """Compile what clients' pages are made of, and ask the database what's asked of it first.

    No connection is left open, as processes can't share one; whether the database is as it should
    be is for the processes to come to say.
    """
    configure_mappers()
    for name in app.jinja_env.list_templates(filter_func=_is_for_clients):
        app.jinja_env.get_template(name)
    with app.app_context():
        readiness.faults_now()
        db.session.remove()
        db.engine.dispose()
        for tag in languages():
            _load(locale_of(tag))


def _is_for_clients(template: str) -> bool:
    return "/" not in template or template.startswith("public/")


def _load(locale: Locale) -> None:
    # Babel reads a language's file when it's first asked for anything in it.
    assert locale.datetime_skeletons
