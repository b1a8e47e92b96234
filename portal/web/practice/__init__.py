"""Pages for staff, behind the sign-in. One blueprint per noun."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask

from portal.web import accounts
from portal.web.practice import invitations, outbox, services, share
from portal.web.practice.navigation import staff_links
from portal.web.templating import clock_time, short_day


def init_app(app: Flask) -> None:
    """Give the app its accounts and its staff pages."""
    accounts.init_app(app)
    app.jinja_env.filters["day_and_time"] = day_and_time
    app.jinja_env.globals["staff_links"] = staff_links
    for module in (services, share, invitations, outbox):
        app.register_blueprint(module.blueprint)


def day_and_time(instant: datetime, zone: ZoneInfo) -> str:
    """Return when something was done, for a list: "Mon, Nov 23, 09:30"."""
    return f"{short_day(instant, zone)}, {clock_time(instant, zone)}"
