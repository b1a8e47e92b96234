"""Files that are spoilt at random: each is refused as a whole, or loaded as a whole."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from portal import clinic_file
from portal.errors import WrongClinicFile
from tests.clinic_file.documents import whole_clinic
from tests.clinic_file.test_round_trip import Pair, empty, on_postgresql, on_sqlite, rows
from tests.clinic_file.test_schema import spoilt
from tests.clinics import NOW
from tests.how_often import tries

__all__ = ["on_postgresql", "on_sqlite"]

pytestmark = pytest.mark.timeout(600)
slow = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(slow, max_examples=tries(few=10, many=50))
@given(spoilt())
def test_a_spoilt_file_is_loaded_or_refused_on_sqlite(on_sqlite: Pair, document: Any) -> None:
    check_all_or_nothing(on_sqlite, document)


@settings(slow, max_examples=tries(few=5, many=15))
@given(spoilt())
def test_a_spoilt_file_is_loaded_or_refused_on_postgresql(
    on_postgresql: Pair, document: Any
) -> None:
    check_all_or_nothing(on_postgresql, document)


def check_all_or_nothing(apps: Pair, document: Any) -> None:
    with apps[0].app_context():
        empty()
        loads_if_it_may(document, is_right_alone(document))
        empty()
        clinic_file.load(whole_clinic(), NOW)
        loads_if_it_may(document, None)


def is_right_alone(document: Any) -> bool:
    try:
        clinic_file.check(document, NOW)
    except WrongClinicFile:
        return False
    return True


def loads_if_it_may(document: Any, expected: bool | None) -> None:
    before = rows()
    try:
        clinic_file.load(document, NOW)
    except WrongClinicFile as wrong:
        refused = wrong.faults
    else:
        refused = []
        after = rows()
        clinic_file.load(clinic_file.dump(), NOW)
        assert rows() == after
    assert not [line for line in refused if "database refuses" in line]
    assert expected in (None, not refused)
    if refused:
        assert rows() == before
