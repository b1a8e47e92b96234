"""The one place that commits, and what its commits wait for."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from portal.db import db
from portal.transaction import transaction

ASKED = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
WAITS = {"sqlite": "2", "postgresql": "on"}
DOES_NOT = {"sqlite": "1", "postgresql": "off"}


@pytest.fixture
def engine(clinic: Callable[..., None]) -> Iterator[str]:
    """The engine's name, its database set as it is for real: others needn't wait in tests."""
    name = db.engine.dialect.name
    if name == "sqlite":
        event.listen(db.engine, "connect", wait_for_the_disk)
    db.session.remove()
    db.engine.dispose()
    yield name
    # The application is shared by all tests of this process.
    if name == "sqlite":
        event.remove(db.engine, "connect", wait_for_the_disk)


def wait_for_the_disk(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=FULL")


def commits_wait(engine: str) -> str:
    """What the database says of whether a commit of this transaction waits for the disk."""
    return str(db.session.execute(text(ASKED[engine])).scalar())


def test_an_act_that_may_be_lost_does_not_wait_for_the_disk_and_all_others_do(engine: str) -> None:
    for losable in (False, True, False, True, True, False):
        with transaction(losable=losable):
            assert commits_wait(engine) == (DOES_NOT if losable else WAITS)[engine]


def test_when_one_fails_the_next_waits_for_the_disk(engine: str) -> None:
    with pytest.raises(LookupError), transaction(losable=True):
        raise LookupError
    with transaction():
        assert commits_wait(engine) == WAITS[engine]
