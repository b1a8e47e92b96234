"""What the first request would make in each process, made once before the processes part."""

import logging

from babel import Locale
from flask import Flask
from sqlalchemy.orm import configure_mappers

from portal.db import db
from portal.health import readiness
from portal.languages import languages, locale_of
from portal.queries.packages import listed_packages
from portal.web.watching import FOR_NOBODY

LOOKS = 10
"""How often a page is made: at its eighth call Python adapts a function to what it's used for."""

log = logging.getLogger(__name__)


def warm_up(app: Flask) -> None:
    """Compile what clients' pages are made of, and ask the database what's asked of it first.

    What's wrong with the installation, if anything is, stands in the log then. No connection is
    left open, as processes can't share one.
    """
    configure_mappers()
    for name in app.jinja_env.list_templates(filter_func=_is_for_clients):
        app.jinja_env.get_template(name)
    with app.app_context():
        for tag in languages():
            _load(locale_of(tag))
        is_well = not readiness.log_faults()
        package = db.session.scalar(listed_packages().limit(1)) if is_well else None
        address = f"/book/{package.slug}" if package else None
    if address:
        _look_at(app, address)
    with app.app_context():
        db.engine.dispose()


def _look_at(app: Flask, address: str) -> None:
    """Make a page as if somebody had asked for it."""
    try:
        for _ in range(LOOKS):
            with app.test_request_context(address, environ_overrides={FOR_NOBODY: True}):
                app.full_dispatch_request()
    except Exception as error:
        # Whoever asks for it is told what is the matter, and the others can be served.
        log.warning("A page couldn't be made in advance: %s", type(error).__name__)


def _is_for_clients(template: str) -> bool:
    return "/" not in template or template.startswith("public/")


def _load(locale: Locale) -> None:
    # Babel reads a language's file when it's first asked for anything in it.
    assert locale.datetime_skeletons
