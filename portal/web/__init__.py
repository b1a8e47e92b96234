"""The web: parse, call, render or redirect. Nothing in here decides about bookings."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import languages
from portal.web import (
    access,
    compression,
    converters,
    cookies,
    errors,
    headers,
    health,
    home,
    hosts,
    limits,
    metrics,
    practice,
    public,
    set_up,
    static_files,
    templating,
    theme,
    watching,
)

babel = Babel()
csrf = CSRFProtect()


def as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which is never a coroutine here: Flask would look at each one each time."""
    return function


def init_app(app: Flask) -> None:
    """Give the app its pages, and what stands around all of them.

    After a request what was registered last comes first, so compression has the last word.
    """
    app.ensure_sync = as_it_is  # type: ignore[method-assign, assignment]
    if proxies := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    hosts.init_app(app)
    cookies.init_app(app)
    watching.init_app(app)
    compression.init_app(app)
    headers.init_app(app)
    babel.init_app(
        app,
        default_translation_directories=languages.TRANSLATIONS,
        locale_selector=templating.best_language,
    )
    languages.init_app(app)
    templating.init_app(app)
    converters.init_app(app)
    access.init_app(app)
    csrf.init_app(app)
    limits.init_app(app)
    static_files.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    metrics.init_app(app)
    app.register_blueprint(home.blueprint)
    theme.init_app(app)
    public.init_app(app)
    practice.init_app(app)
    set_up.init_app(app)
