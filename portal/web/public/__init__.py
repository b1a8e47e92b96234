"""Pages for clients: no account, only addresses. One blueprint per noun."""

from flask import Flask

from portal.web.public import bookings, holds, joining, packages, short_links


def init_app(app: Flask) -> None:
    """Give the app its public pages."""
    for module in (packages, holds, bookings, short_links, joining):
        app.register_blueprint(module.blueprint)
