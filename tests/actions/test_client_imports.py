"""Importing clients: looked at first, taken over in batches that survive whatever happens."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.actions import client_imports
from portal.actions.client_imports import (
    forget_file,
    import_clients,
    look_at_file,
    take_over_clients,
)
from portal.actions.clients import About, add_client
from portal.db import db
from portal.errors import Forbidden, NotFound, Refused
from portal.models import Activity, Client, ClientImport
from portal.queries.client_imports import Kind, kinds_of, load_import, open_imports
from portal.transaction import transaction
from tests.actions.sessions import acts, member
from tests.clinics import ANA, BEN, DEE, LEE, NOW, lee

Clinic = Callable[..., None]


def line(number: int, name: str = "Kim", email: str | None = None, **more: Any) -> dict[str, Any]:
    values = {"line": number, "name": name, "email": email, "phone": None, "timezone": None}
    return {**values, "notes": "", **more}


def five() -> list[dict[str, Any]]:
    return [line(at, f"Person {at}", f"p{at}@x.org") for at in range(2, 7)]


def names() -> set[str]:
    return set(db.session.scalars(select(Client.name)))


def everything() -> None:
    while take_over_clients(NOW, size=2):
        pass


def test_a_file_is_only_looked_at_until_it_is_confirmed(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    looked_at = look_at_file("people.csv", [*five(), line(7, "Lee", LEE)], member(ANA), NOW)
    everything()
    assert names() == {"Lee Park"}
    page = load_import(looked_at, member(ANA), None, 1)
    assert page.counts == {Kind.NEW: 5, Kind.KNOWN: 1, Kind.WRONG: 0}
    assert [each.number for each in page.lines.shown] == [2, 3, 4, 5, 6]
    import_clients(looked_at, member(ANA), NOW)
    import_clients(looked_at, member(ANA), NOW)
    everything()
    assert names() == {"Lee Park", *(f"Person {at}" for at in range(2, 7))}
    page = load_import(looked_at, member(ANA), None, 1)
    assert (page.finished_at, page.done, page.all) == (NOW, 6, 6)
    assert page.counts == {Kind.NEW: 5, Kind.KNOWN: 1, Kind.WRONG: 0}
    # What was read isn't kept twice, and the log has no names.
    assert db.session.get_one(ClientImport, looked_at).lines == []
    details = db.session.scalars(select(Activity.details).order_by(Activity.id.desc())).first()
    assert details == {"new": 5, "known": 1, "wrong": 0}
    assert acts().count("client.imported") == 1


def test_what_a_line_is(clinic: Clinic) -> None:
    clinic(clients=[lee(phone="+1 212 555 0114"), lee(name="Élise Roy", email="e@x.org")])
    lines = [
        line(2, "Anybody", LEE),
        line(3, "lee park", phone="(1) 212 555-0114"),
        line(4, "lee park"),
        line(5, "élise ROY"),
        line(6, "New", "new@x.org"),
        line(7, "New again", "new@x.org"),
        line(8, "New"),
        line(9, "", fault="Name: Please fill this in."),
    ]
    new, known, wrong = Kind.NEW, Kind.KNOWN, Kind.WRONG
    assert kinds_of(lines) == [known, known, new, known, new, known, known, wrong]


def test_what_a_line_is_does_not_hang_on_the_batch_it_is_in(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    lines = [line(2, "Kim", "k@x.org"), line(3, "KIM"), line(4, "Ada", LEE), line(5, "Ada")]
    counts = {kind: kinds_of(lines).count(kind) for kind in Kind}
    for size in (1, 4):
        looked_at = look_at_file("people.csv", lines, member(ANA), NOW)
        import_clients(looked_at, member(ANA), NOW)
        while take_over_clients(NOW, size=size):
            pass
        if size == 1:
            assert load_import(looked_at, member(ANA), None, 1).counts == counts
            assert names() == {"Lee Park", "Kim", "Ada"}
            # Two of them are known the second time.
            lines.append(line(6, "Bob"))
    assert names() == {"Lee Park", "Kim", "Ada", "Bob"}


def test_a_batch_that_breaks_off_leaves_nothing_and_is_done_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic()
    looked_at = look_at_file("people.csv", five(), member(ANA), NOW)
    import_clients(looked_at, member(ANA), NOW)
    take_over_clients(NOW, size=2)
    whole = client_imports._take_over
    calls = []

    def killed(session: Any, read: Any, now: Any) -> Kind:
        calls.append(read)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(session, read, now)

    with monkeypatch.context() as broken:
        broken.setattr(client_imports, "_take_over", killed)
        with pytest.raises(KeyboardInterrupt):
            take_over_clients(NOW, size=2)
    assert names() == {"Person 2", "Person 3"}
    assert load_import(looked_at, member(ANA), None, 1).done == 2
    everything()
    assert len(names()) == 5


def test_two_workers_take_each_line_once(clinic: Clinic, app: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    clinic()
    lines = [line(at, f"Person {at}") for at in range(2, 42)]
    looked_at = look_at_file("people.csv", lines, member(ANA), NOW)
    import_clients(looked_at, member(ANA), NOW)
    db.session.remove()

    def work(_number: int) -> None:
        with app.app_context():
            while take_over_clients(NOW, size=3):
                pass

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    everything()
    assert db.session.scalars(select(func.count(Client.id))).one() == 40
    assert load_import(looked_at, member(ANA), None, 1).counts[Kind.NEW] == 40


def test_whoever_is_added_meanwhile_is_known(clinic: Clinic) -> None:
    clinic()
    looked_at = look_at_file("people.csv", five(), member(ANA), NOW)
    import_clients(looked_at, member(ANA), NOW)
    add_client(About("Quick", "p4@x.org", None, None), member(ANA), NOW)
    everything()
    assert load_import(looked_at, member(ANA), None, 1).counts[Kind.KNOWN] == 1
    assert "Person 4" not in names()
    # Added between the look and the insertion, on a database with several writers.
    with transaction() as session:
        late = client_imports._take_over(session, line(9, "Late", "p4@x.org"), NOW)
    assert late is Kind.KNOWN


def test_a_file_is_one_s_own_and_needs_the_right(clinic: Clinic) -> None:
    clinic(dee_may=["clients"])
    with pytest.raises(Forbidden):
        look_at_file("people.csv", five(), member(BEN), NOW)
    anas = look_at_file("people.csv", five(), member(ANA), NOW)
    for act in (
        lambda: load_import(anas, member(DEE), None, 1),
        lambda: import_clients(anas, member(DEE), NOW),
        lambda: forget_file(anas, member(DEE)),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_file_that_was_only_looked_at_is_forgotten(clinic: Clinic) -> None:
    clinic()
    look_at_file("people.csv", five(), member(ANA), NOW)
    second = look_at_file("others.csv", five(), member(ANA), NOW)
    assert [row.file_name for row in open_imports(member(ANA))] == ["others.csv"]
    import_clients(second, member(ANA), NOW)
    with pytest.raises(Refused):
        forget_file(second, member(ANA))
    third = look_at_file("people.csv", [line(2, "", fault="wrong")], member(ANA), NOW)
    assert {row.id for row in open_imports(member(ANA))} == {second, third}
    with pytest.raises(Refused, match="nobody new"):
        import_clients(third, member(ANA), NOW)
    forget_file(third, member(ANA))
    assert [row.id for row in open_imports(member(ANA))] == [second]
