"""Pages for staff, behind the sign-in. One blueprint per noun."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask

from portal.web import accounts
from portal.web.practice import (
    account,
    activity,
    availability,
    availability_dates,
    bookability,
    booking_for_client,
    calendar,
    calendar_feeds,
    client_imports,
    client_packages,
    client_sessions,
    clients,
    credits,
    erasing_clients,
    invitations,
    leaving,
    mail_settings,
    merging_clients,
    messages,
    outbox,
    packages_editor,
    recovery,
    roles,
    service_editor,
    service_sharing,
    services,
    session_moving,
    sessions,
    sessions_cancelling,
    settings,
    share,
    sharing_table,
    team,
    two_factor,
)
from portal.web.practice.client_tabs import client_tabs
from portal.web.practice.navigation import staff_links
from portal.web.practice.next_steps import next_steps
from portal.web.templating import clock_time, short_day

PAGES = (
    clients,
    client_imports,
    merging_clients,
    erasing_clients,
    client_packages,
    credits,
    calendar,
    sessions,
    session_moving,
    sessions_cancelling,
    client_sessions,
    booking_for_client,
    services,
    service_editor,
    service_sharing,
    sharing_table,
    share,
    invitations,
    outbox,
    team,
    roles,
    leaving,
    activity,
    availability,
    availability_dates,
    packages_editor,
    bookability,
    account,
    calendar_feeds,
    two_factor,
    recovery,
    settings,
    mail_settings,
    messages,
)


def init_app(app: Flask) -> None:
    """Give the app its accounts and its staff pages."""
    accounts.init_app(app)
    app.jinja_env.filters["day_and_time"] = day_and_time
    app.jinja_env.globals["staff_links"] = staff_links
    app.jinja_env.globals["mail_trouble"] = outbox.mail_trouble
    app.jinja_env.globals["next_steps"] = next_steps
    app.jinja_env.globals["client_tabs"] = client_tabs
    for module in PAGES:
        app.register_blueprint(module.blueprint)


def day_and_time(instant: datetime, zone: ZoneInfo) -> str:
    """Return when something was done, for a list: "Mon, Nov 23, 09:30"."""
    return f"{short_day(instant, zone)}, {clock_time(instant, zone)}"
