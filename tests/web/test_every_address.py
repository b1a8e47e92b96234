"""What holds for every address of the URL map, whoever asks: S2, S3, and forms need their token."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from portal.actions.client_sign_ins import send_sign_in_link
from portal.actions.inviting import invite_to_book
from portal.actions.joining import invite_to_team
from portal.actions.recovery import send_recovery_link
from portal.actions.team import About
from portal.db import db
from portal.models import Client, Member, Message, Package, ShortLink
from portal.scheduling.eligibility import Kind
from portal.tokens import new_token
from portal.web.headers import HEADERS
from tests.clinics import ANA, BEN, LEE, NOW
from tests.how_often import tries
from tests.mail.laid_out import text_of
from tests.web.everybody import CLIENT, NOBODY, OWNER, PRACTITIONER, Site, rules, site

__all__ = ["site"]

WHO = (NOBODY, CLIENT, OWNER, PRACTITIONER)
LINK = re.compile(r"http://[^/\s]+(/[^\s>]*)")
HREFS = ("href", "hx-get", "src", "action")

NOT_THE_CLINICS = {"rate_limit": "how often something was tried is about whoever tries"}
WAYS_IN = re.compile(r"/sign-in|/my-bookings$|/calendar\?view=day$|/account/confirmation")
"""Where those are led who may not use an address, and those who are in already."""

VISITS = ("short_link", "opened_count")


@pytest.mark.timeout(900)
def test_no_get_or_head_changes_anything(site: Site) -> None:
    with site.app.app_context():
        mailed = _every_mailed_link()
        before = everything()
    assert len(mailed) >= 5
    # Everything is opened once to find it, and then as often as this says.
    visits = ("HEAD", "GET", "GET")[: tries(few=0, many=3)]
    for who in WHO[: tries(few=3, many=4)]:
        opened = _pages_and_links(site, who)
        assert len(opened) > 80
        for address in [*opened, *mailed]:
            for method in visits if address in opened else ("GET", "HEAD", "GET", "GET"):
                answer = site.browsers[who].open(address, method=method)
                assert answer.status_code < 500, (method, address, who)
        with site.app.app_context():
            assert everything() == before, f"{who} changed something"


def test_of_a_short_link_the_visits_alone_are_counted(site: Site) -> None:
    with site.app.app_context():
        code = db.session.scalars(select(ShortLink.code)).one()
        before = everything(visits=True)
    for _time in range(3):
        assert site.browsers[NOBODY].get(f"/s/{code}").status_code == 303
        assert site.browsers[NOBODY].head(f"/s/{code}").status_code == 303
    with site.app.app_context():
        after = everything(visits=True)
    ((old,), (new,)) = before.pop("short_link"), after.pop("short_link")
    assert before == after
    changed = [(was, is_) for was, is_ in zip(old, new, strict=True) if was != is_]
    assert [is_ - was for was, is_ in changed] == [3]


def test_no_form_is_taken_without_its_token_or_with_somebody_elses(site: Site) -> None:
    with site.app.app_context():
        before = everything()
    taken, refused = [], 0
    for rule, method in rules(site.app):
        if method != "POST":
            continue
        address = site.address(rule, method)
        for who, other in ((NOBODY, OWNER), (CLIENT, NOBODY), (OWNER, PRACTITIONER)):
            for data in ({}, {"csrf_token": site.tokens[other]}):
                answer = site.browsers[who].post(address, data=data)
                led_to_a_way_in = answer.status_code in (302, 303) and WAYS_IN.match(
                    answer.location
                )
                if answer.status_code not in (400, 403, 404) and not led_to_a_way_in:
                    taken.append(f"{rule.rule} by {who}: {answer.status_code}")
                refused += answer.status_code == 400
    assert not taken, "\n".join(taken)
    assert refused > 200
    with site.app.app_context():
        assert everything() == before


def test_every_answer_has_the_headers_that_keep_others_out(site: Site) -> None:
    for rule, method in rules(site.app):
        address = site.address(rule, method)
        for who, way in ((OWNER, method), (NOBODY, method if method == "POST" else "BREW")):
            headers = site.browsers[who].open(address, method=way).headers
            for name, value in HEADERS.items():
                assert headers[name] == value, (way, address, who, name)
            assert headers["Cache-Control"], address
            _check_cookies(headers.getlist("Set-Cookie"))


def _check_cookies(cookies: list[str]) -> None:
    for cookie in cookies:
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; ")), cookie


def test_before_there_is_a_practice_nothing_is_answered_with_a_500(app: Flask) -> None:
    names = dict.fromkeys(("token", "ref", "signed"), new_token()) | {"day": "2027-03-03"}
    browser = app.test_client()
    for rule, method in rules(app):
        values = {name: names.get(name, "1") for name in rule.arguments}
        numbers = {name: int(value) if value == "1" else value for name, value in values.items()}
        urls = app.url_map.bind("localhost")
        try:
            address = urls.build(rule.endpoint, numbers, method=method)
        except ValueError:
            address = urls.build(rule.endpoint, values, method=method)
        answer = browser.open(address, method=method)
        assert answer.status_code < 500, f"{address}: {answer.text}"


def everything(*, visits: bool = False) -> dict[str, list[Any]]:
    """Every row of every table, but for what NOT_THE_CLINICS names and visits of short links."""
    db.session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        if table.name in NOT_THE_CLINICS:
            continue
        columns = [c for c in table.columns if visits or (table.name, c.name) != VISITS]
        found[table.name] = sorted(map(tuple, db.session.execute(select(*columns))), key=repr)
    db.session.remove()
    return found


def _pages_and_links(site: Site, who: str) -> list[str]:
    """Open every address of the URL map, and one of each kind that the pages there lead to."""
    opened, shapes = [], set()
    for address in [
        site.address(rule, method) for rule, method in rules(site.app) if method == "GET"
    ]:
        answer = site.browsers[who].get(address)
        opened.append(address)
        if answer.mimetype == "text/html":
            for link in _links(address, answer.text):
                if _shape(link) not in shapes:
                    shapes.add(_shape(link))
                    opened.append(link)
                    assert site.browsers[who].get(link).status_code < 500, (link, who)
    return opened


def _links(address: str, page: str) -> Iterator[str]:
    """Where a page leads to by itself or by a link: not by its forms, but those that only ask."""
    soup = BeautifulSoup(page, "html.parser")
    for name in HREFS:
        for element in soup.select(f"[{name}]"):
            if name == "action" and str(element.get("method", "get")).lower() != "get":
                continue
            parts = urlsplit(urljoin(address, str(element[name])))
            if not parts.scheme and not parts.netloc:
                yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def _shape(link: str) -> tuple[str, tuple[str, ...]]:
    """Of links that differ in their numbers and dates only, one is enough."""
    parts = urlsplit(link)
    return re.sub(r"\d+", "0", parts.path), tuple(sorted(n for n, _ in parse_qsl(parts.query)))


def _every_mailed_link() -> list[str]:
    """Send the mails that have a link and aren't there yet; return all paths in all mails."""
    ana = db.session.scalars(select(Member).where(Member.email == ANA)).one()
    lee = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
    package = db.session.scalars(select(Package.id)).first()
    send_recovery_link(BEN, NOW)
    send_sign_in_link(LEE, NOW)
    invite_to_book(package, lee, "", new_token(), ana, NOW)
    invite_to_team(About("Gus Ito", "gus@example.com", None, Kind.PRACTITIONER), ana, NOW)
    texts = map(text_of, db.session.scalars(select(Message)))
    return sorted({path for text in texts for path in LINK.findall(text)})
