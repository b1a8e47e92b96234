"""Pages for clients: no account, only addresses. One blueprint per noun."""

from flask import Flask

from portal.web.public import (
    bookings,
    calendar_feeds,
    cancellations,
    holds,
    joining,
    my_bookings,
    my_bookings_sign_in,
    my_calendar_feeds,
    new_times,
    packages,
    short_links,
)

PAGES = (
    packages,
    holds,
    bookings,
    new_times,
    cancellations,
    my_bookings,
    my_bookings_sign_in,
    my_calendar_feeds,
    calendar_feeds,
    short_links,
    joining,
)


def init_app(app: Flask) -> None:
    """Give the app its public pages."""
    for module in PAGES:
        app.register_blueprint(module.blueprint)
