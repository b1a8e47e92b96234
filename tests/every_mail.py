"""One clinic in which every mail was written, by the acts that write it, and the links in them."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import cancel_by_client, take_back_cancellation
from portal.actions.client_packages import create_for_client
from portal.actions.client_sign_ins import send_sign_in_link
from portal.actions.clients import About, change_client
from portal.actions.inviting import invite_to_book
from portal.actions.joining import invite_to_team
from portal.actions.moving import transfer
from portal.actions.recovery import send_recovery_link
from portal.actions.reminders import remind_clients
from portal.actions.requests import accept, decline, lapse_requests
from portal.actions.rescheduling import reschedule
from portal.actions.team import About as Colleague
from portal.db import db
from portal.mail import Change, account_changed
from portal.models import (
    Booking,
    Client,
    Confirm,
    Ending,
    Message,
    Package,
    Practice,
    Service,
)
from portal.queries.client_package_values import newest_of, values_of_template
from portal.scheduling.eligibility import Kind
from portal.tokens import new_token
from portal.transaction import transaction
from tests.actions.sessions import TEN, book_follow_up, member
from tests.clinics import ANA, BEN, CHO, LEE, NOW
from tests.mail.laid_out import calendar_of, html_of, text_of

MAILS = Path(__file__).resolve().parent.parent / "templates" / "mail"
DAY = timedelta(days=1)


def write_every_mail() -> None:
    """Let every mail be written, in the clinic of the scenarios with the client Lee."""
    with transaction() as session:
        member(ANA).told_of_assigned = True
        session.execute(update(Practice).values(running_out_at=3))
    ana = member(ANA)
    cancelled, declined, accepted, moved, lapsing = (
        book_follow_up(who, TEN + day * DAY, email=f"{who.split('@')[0]}s-{day}@example.com").id
        for who, day in ((BEN, 0), (CHO, 1), (BEN, 1), (CHO, 2), (BEN, 2))
    )
    with transaction() as session:
        session.execute(update(Service).values(confirm=Confirm.INSTANT))
    book_follow_up(BEN, TEN + DAY * 3, email="bens-3@example.com")
    accept(accepted, ana, NOW)
    decline(declined, "Full.", ana, NOW)
    reschedule(moved, member_id=ana.id, start=TEN + 2 * DAY, method="in_person", now=NOW)
    transfer(moved, member(CHO).id, ana, NOW, confirmed_outside=True)
    cancel(cancelled, "Ill.", ana, NOW)
    cancel_by_client(accepted, "Ill.", NOW)
    take_back_cancellation(accepted, NOW)
    lapse_requests(TEN + 3 * DAY)
    with transaction() as session:
        long_ago = {"confirmed_at": NOW - 30 * DAY, "created_at": NOW - 30 * DAY}
        session.execute(update(Booking).where(Booking.id == accepted).values(**long_ago))
    remind_clients(TEN)
    _about_people()
    assert db.session.get_one(Booking, lapsing).ending is Ending.LAPSED


def _about_people() -> None:
    ana, lee = member(ANA), db.session.scalars(select(Client).where(Client.email == LEE)).one()
    invite_to_book(1, lee.id, "", new_token(), ana, NOW)
    send_sign_in_link(LEE, NOW)
    send_recovery_link(ANA, NOW)
    with transaction() as session:
        account_changed(session, member(ANA), Change.PASSWORD, NOW)
    colleague = Colleague("Eve", "eve@example.com", None, Kind.PRACTITIONER)
    invite_to_team(colleague, member(ANA), NOW)
    values = values_of_template(db.session.get_one(Package, 1), NOW.date())
    create_for_client(lee.id, 1, values, newest_of(lee), member(ANA), NOW)
    about = About("Lee", "lee.park@example.com", None, None)
    change_client(lee.id, about, lee.version, member(ANA), NOW)
    send_sign_in_link("lee.park@example.com", NOW)


def kinds_written() -> set[str]:
    """The names of the messages in the outbox."""
    return set(db.session.scalars(select(Message.kind)))


def links(base_url: str) -> list[str]:
    """Every address of the site that stands in a mail, once, as it's followed from there."""
    found: dict[str, Any] = {}
    for message in db.session.scalars(select(Message).order_by(Message.id)):
        text = f"{text_of(message)}\n{calendar_of(message)}"
        found |= dict.fromkeys(re.findall(rf"{re.escape(base_url)}[^\s<>\"]*", text))
        addresses = re.findall(r'(?:href|src)="([^"]+)"', html_of(message))
        found |= dict.fromkeys(map(unescape, addresses))
    return [address for address in found if address.startswith(base_url)]


def all_rows() -> dict[str, list[Any]]:
    """Every row of every table, by the table's name."""
    db.session.rollback()
    tables = db.metadata.sorted_tables
    return {
        table.name: sorted(map(tuple, db.session.execute(select(table))), key=repr)
        for table in tables
    }
