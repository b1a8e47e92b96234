"""The activity log only grows, whoever writes to the database."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.actions.activity import record
from portal.db import db
from portal.models import Act, Activity, Actor, Member, Practice
from portal.transaction import transaction
from tests.clinics import ANA, NOW


def note_something(*, and_fail: bool = False) -> None:
    """Ana changes the settings."""
    with transaction() as session:
        ana = session.scalars(select(Member).where(Member.email == ANA)).one()
        practice = session.get_one(Practice, 1)
        record(session, Act.SETTINGS_CHANGED, practice, NOW, by=ana, fields=["name"])
        if and_fail:
            raise ValueError("not, after all")


def noted() -> list[Activity]:
    query = select(Activity).where(Activity.act == Act.SETTINGS_CHANGED.value)
    return list(db.session.scalars(query))


def test_an_act_is_recorded_with_who_what_and_when(clinic: Callable[..., None]) -> None:
    clinic()
    note_something()
    (row,) = noted()
    assert (row.at, row.actor, row.by and row.by.email) == (NOW, Actor.MEMBER, ANA)
    assert (row.subject, row.subject_id, row.details) == ("practice", 1, {"fields": ["name"]})


def test_an_act_that_fails_leaves_no_trace(clinic: Callable[..., None]) -> None:
    clinic()
    with pytest.raises(ValueError, match="after all"):
        note_something(and_fail=True)
    assert noted() == []


@pytest.mark.parametrize("change", ["UPDATE activity SET at = 0", "DELETE FROM activity"])
def test_the_database_refuses_to_change_or_remove_what_is_recorded(
    clinic: Callable[..., None], change: str
) -> None:
    clinic()
    note_something()
    with pytest.raises(DBAPIError, match="only grows"), transaction() as session:
        session.execute(text(change))
