"""The cast: Ana (assigned, owner), Ben and Cho practise, Dee is an admin.

Ana and Ben are Nutritionists (role 1), Cho is a Coach (role 2).
"""

import pytest

from portal.scheduling.eligibility import Kind, MemberFacts


@pytest.fixture
def ana() -> MemberFacts:
    return MemberFacts(id=1, name="Ana", kind=Kind.PRACTITIONER, active=True, role_id=1)


@pytest.fixture
def ben() -> MemberFacts:
    return MemberFacts(id=2, name="Ben", kind=Kind.PRACTITIONER, active=True, role_id=1)


@pytest.fixture
def cho() -> MemberFacts:
    return MemberFacts(id=3, name="Cho", kind=Kind.PRACTITIONER, active=True, role_id=2)


@pytest.fixture
def dee() -> MemberFacts:
    return MemberFacts(id=4, name="Dee", kind=Kind.ADMIN, active=True, role_id=1)
