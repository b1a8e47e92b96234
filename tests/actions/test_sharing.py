"""Short links: made once, replaced for good, counted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions import sharing
from portal.actions.sharing import ALPHABET, count_opening, replace_short_link, short_link_for
from portal.db import db
from portal.errors import Forbidden, NotFound, Refused
from portal.models import Member, Package, ShortLink
from portal.queries.short_links import find_short_link, short_link_of
from tests.clinics import ANA, BEN, NOW

Clinic = Callable[..., None]


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def reset_id() -> int:
    return db.session.scalars(select(Package.id)).one()


def codes() -> list[str]:
    return list(db.session.scalars(select(ShortLink.code)))


def test_the_first_use_makes_the_link_and_the_next_finds_it(clinic: Clinic) -> None:
    clinic()
    first = short_link_for(reset_id(), member(ANA), NOW).code
    assert short_link_for(reset_id(), member(BEN), NOW).code == first
    assert codes() == [first]


def test_a_code_is_short_and_can_be_read_aloud(clinic: Clinic) -> None:
    clinic()
    code = short_link_for(reset_id(), member(ANA), NOW).code
    assert 6 <= len(code) <= 7
    assert set(code) <= set(ALPHABET)
    assert not set("0O1lIoi") & set(ALPHABET)
    assert ALPHABET.islower()
    found = find_short_link(code.upper())
    assert found
    assert found.package.slug == "reset"


def test_a_code_that_is_taken_is_not_given_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic()
    first = short_link_for(reset_id(), member(ANA), NOW).code
    offered = iter([first, first, "bcdfghj"])
    monkeypatch.setattr(sharing, "new_code", lambda: next(offered))
    assert replace_short_link(reset_id(), member(ANA), NOW).code == "bcdfghj"


def test_replacing_retires_the_old_code_which_stays_known(clinic: Clinic) -> None:
    clinic()
    old = short_link_for(reset_id(), member(ANA), NOW).code
    new = replace_short_link(reset_id(), member(ANA), NOW).code
    assert new != old
    retired, in_force = find_short_link(old), find_short_link(new)
    assert retired
    assert in_force
    assert retired.retired_at == NOW
    assert retired.retired_by_id == member(ANA).id
    assert in_force.retired_at is None
    assert short_link_of(reset_id()) == in_force


def test_whoever_does_not_run_the_package_can_not_replace_its_link(clinic: Clinic) -> None:
    clinic()
    old = short_link_for(reset_id(), member(BEN), NOW).code
    with pytest.raises(Forbidden):
        replace_short_link(reset_id(), member(BEN), NOW)
    assert codes() == [old]


def test_an_archived_package_gets_no_link(clinic: Clinic) -> None:
    clinic(package={"archived": True})
    for act in (short_link_for, replace_short_link):
        with pytest.raises(Refused):
            act(reset_id(), member(ANA), NOW)
    assert codes() == []


def test_a_package_that_is_not_there(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(NotFound):
        short_link_for(reset_id() + 1, member(ANA), NOW)
    assert find_short_link("bcdfghj") is None


def test_openings_are_counted(clinic: Clinic) -> None:
    clinic()
    link = short_link_for(reset_id(), member(ANA), NOW)
    for _ in range(3):
        count_opening(link.id)
    assert link.opened_count == 3


def test_several_who_ask_at_once_get_the_same_link(clinic: Clinic, app: Flask) -> None:
    clinic()
    package = reset_id()

    def ask(email: str) -> str:
        with app.app_context():
            return short_link_for(package, member(email), NOW).code

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, [ANA, BEN] * 4))) == 1
    db.session.rollback()
    assert len(codes()) == 1
