"""Sign-ins as acts: who may end which, and what is kept of them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.actions.accounts import change_password, set_password
from portal.actions.sign_ins import (
    begin_sign_in,
    end_other_sign_ins,
    end_sign_in,
    note_seen,
    sign_out,
)
from portal.db import db
from portal.errors import NotFound, WrongField
from portal.models import Act, Activity, Member, SignIn
from portal.queries.sign_ins import SIGN_IN, find_sign_in, sign_ins_of
from portal.transaction import transaction
from tests.clinics import ANA, BEN, NOW

Clinic = Callable[..., None]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def begin(email: str = ANA, how: str | None = "password") -> str:
    return begin_sign_in(member(email).id, FIREFOX, "203.0.113.9", NOW, how=how)


def is_signed_in(token: str, email: str = ANA, later: timedelta = timedelta(0)) -> bool:
    return find_sign_in(member(email).fs_uniquifier, token, NOW + later) is not None


def recorded() -> list[str]:
    rows = db.session.scalars(select(Activity).order_by(Activity.id))
    return [row.act for row in rows if row.act.startswith("account.")]


def test_a_sign_in_is_kept_as_a_hash_and_written_down(clinic: Clinic) -> None:
    clinic()
    token = begin()
    row = db.session.scalars(select(SignIn)).one()
    assert token not in (row.token_hash, row.browser, row.address)
    assert len(token) == 22
    assert (row.browser, row.address, row.created_at) == (FIREFOX, "203.0.113.9", NOW)
    assert is_signed_in(token)
    assert recorded() == [Act.SIGNED_IN.value]


def test_a_long_name_of_a_browser_is_cut(clinic: Clinic) -> None:
    clinic()
    begin_sign_in(member(ANA).id, "x" * 5000, "y" * 500, NOW, how=None)
    row = db.session.scalars(select(SignIn)).one()
    assert (len(row.browser), len(row.address)) == (300, 64)


def test_a_sign_in_that_goes_on_isnt_written_down_again(clinic: Clinic) -> None:
    clinic()
    begin(how=None)
    assert recorded() == []


def test_within_an_act_a_sign_in_is_part_of_it(clinic: Clinic) -> None:
    clinic()

    def half_an_act() -> None:
        with transaction():
            begin()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_an_act()
    assert not db.session.scalars(select(SignIn)).all()


def test_signing_out_ends_the_sign_in_for_every_copy_of_its_cookie(clinic: Clinic) -> None:
    clinic()
    token, other = begin(), begin()
    sign_out(token, NOW)
    assert not is_signed_in(token)
    assert is_signed_in(other)
    assert recorded()[-1] == Act.SIGN_IN_ENDED.value


def test_signing_out_twice_or_with_an_unknown_token_does_nothing(clinic: Clinic) -> None:
    clinic()
    token = begin()
    sign_out(token, NOW)
    before = recorded()
    sign_out(token, NOW + timedelta(hours=1))
    sign_out("nothing", NOW)
    assert recorded() == before
    assert db.session.scalars(select(SignIn.ended_at)).one() == NOW


def test_a_token_is_of_use_to_its_member_alone(clinic: Clinic) -> None:
    clinic()
    token = begin()
    assert find_sign_in(member(BEN).fs_uniquifier, token, NOW) is None
    assert find_sign_in(member(ANA).fs_uniquifier, "", NOW) is None


def test_a_sign_in_ends_by_itself_after_two_weeks(clinic: Clinic) -> None:
    clinic()
    token = begin()
    assert is_signed_in(token, later=SIGN_IN - timedelta(seconds=1))
    assert not is_signed_in(token, later=SIGN_IN)
    assert not sign_ins_of(member(ANA), NOW + SIGN_IN)


def test_nobody_ends_another_persons_sign_in(clinic: Clinic) -> None:
    clinic()
    token = begin()
    number = db.session.scalars(select(SignIn.id)).one()
    for unknown in (number, number + 1000):
        with pytest.raises(NotFound):
            end_sign_in(unknown, member(BEN), NOW)
    assert is_signed_in(token)
    end_sign_in(number, member(ANA), NOW)
    assert not is_signed_in(token)


def test_ending_the_others_leaves_this_one_and_other_peoples(clinic: Clinic) -> None:
    clinic()
    here, there, bens = begin(), begin(), begin(BEN)
    kept = find_sign_in(member(ANA).fs_uniquifier, here, NOW)
    assert kept
    end_other_sign_ins(member(ANA), kept.id, NOW)
    assert [is_signed_in(here), is_signed_in(there), is_signed_in(bens, BEN)] == [True, False, True]


def test_the_one_seen_last_comes_first(clinic: Clinic) -> None:
    clinic()
    begin(), begin()
    first, second = db.session.scalars(select(SignIn).order_by(SignIn.id)).all()
    assert [each.id for each in sign_ins_of(member(ANA), NOW)] == [second.id, first.id]
    note_seen(first.id, NOW + timedelta(hours=1))
    assert [each.id for each in sign_ins_of(member(ANA), NOW)] == [first.id, second.id]


def test_a_new_password_ends_every_sign_in(clinic: Clinic) -> None:
    clinic()
    token, bens = begin(), begin(BEN)
    change_password(member(ANA), "correct horse battery", NOW)
    assert not is_signed_in(token)
    assert is_signed_in(bens, BEN)
    token = begin()
    set_password(ANA.upper(), "another horse battery", NOW)
    assert not is_signed_in(token)
    assert not sign_ins_of(member(ANA), NOW)


@pytest.mark.parametrize("password", ["", "x" * 9, "x" * 1001], ids=["none", "short", "long"])
def test_a_password_that_wont_do_changes_nothing(clinic: Clinic, password: str) -> None:
    clinic()
    token = begin()
    with pytest.raises(WrongField):
        change_password(member(ANA), password, NOW)
    assert is_signed_in(token)
