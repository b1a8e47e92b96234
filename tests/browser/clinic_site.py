"""The site with the clinic of the scenarios, and how somebody signs in to it."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pysqlite3
from flask import Flask
from flask_security import hash_password
from playwright.sync_api import Locator, Page
from sqlalchemy import make_url, update

from portal import clinic_file
from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, NOW, reset_clinic
from tests.conftest import dispose
from tests.web.practice.people import PASSWORD


@dataclass(frozen=True)
class ClinicSite:
    """A site that runs as long as the tests do, and gets another clinic for each of them.

    Starting one takes longer than most of what is done in it.
    """

    url: str
    database: Path
    template: Path
    maker: Flask
    """The application on a database of its own, in which clinics are made."""

    def open_with(self, *, now: datetime = NOW, **changes: object) -> str:
        """Put the clinic of the scenarios there, changed as said; returns the site's address.

        Everybody's password is PASSWORD.
        """
        made = make_url(self.maker.config["DATABASE_URL"]).database
        assert made
        shutil.copy(self.template, made)
        with self.maker.app_context():
            clinic_file.load(reset_clinic(**changes), now)
            with transaction() as session:
                session.execute(update(Member).values(password=hash_password(PASSWORD)))
        dispose(self.maker)
        source, target = pysqlite3.connect(made), pysqlite3.connect(self.database, timeout=10)
        # SQLite's own way to replace a whole database that others have open.
        source.backup(target)
        source.close()
        target.close()
        return self.url


def sign_in(page: Page, site: str, path: str, email: str = ANA) -> None:
    """Open a page of the site as somebody of the team."""
    page.goto(f"{site}{path}")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def follow(page: Page, link: Locator) -> None:
    """Click on what leads to another page, and wait for that page's scripts.

    Whoever types into a page before its scripts have run types for nobody, and a machine with much
    to do gives a test the time for it.
    """
    with page.expect_navigation():
        link.click()
