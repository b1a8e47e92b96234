"""Half-open: what ends at ten and what starts at ten are neighbours, not rivals."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.scheduling.intervals import Span, joined, overlap

SPANS = st.tuples(st.integers(0, 30), st.integers(0, 30))


def instants(span: Span) -> set[int]:
    return set(range(span[0], span[1]))


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(5, 9), (1, 3)], [(1, 3), (5, 9)], id="apart-and-out-of-order"),
        pytest.param([(1, 3), (3, 5)], [(1, 5)], id="touching"),
        pytest.param([(1, 3), (4, 5)], [(1, 3), (4, 5)], id="one-second-between"),
        pytest.param([(1, 4), (2, 6)], [(1, 6)], id="overlapping"),
        pytest.param([(1, 9), (2, 3), (4, 5)], [(1, 9)], id="one-inside-the-other"),
        pytest.param([(2, 5), (2, 5)], [(2, 5)], id="the-same-twice"),
        pytest.param([(4, 4)], [], id="empty"),
        pytest.param([(7, 3)], [], id="backwards"),
        pytest.param([(1, 3), (3, 3), (4, 5)], [(1, 3), (4, 5)], id="an-empty-one-joins-nothing"),
    ],
)
def test_overlapping_or_touching_spans_are_joined(spans: list[Span], expected: list[Span]) -> None:
    assert joined(spans) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        pytest.param((1, 3), (3, 5), False, id="touching"),
        pytest.param((1, 4), (3, 5), True, id="one-second-shared"),
        pytest.param((1, 9), (3, 5), True, id="inside"),
        pytest.param((1, 3), (7, 9), False, id="apart"),
        pytest.param((1, 9), (4, 4), False, id="an-empty-span-shares-nothing"),
        pytest.param((1, 9), (6, 4), False, id="a-backwards-span-shares-nothing"),
    ],
)
def test_spans_overlap_where_they_share_an_instant(a: Span, b: Span, expected: bool) -> None:
    assert overlap(a, b) is expected
    assert overlap(b, a) is expected


@given(st.lists(SPANS, max_size=8))
def test_joining_keeps_every_instant_and_leaves_real_gaps(spans: list[Span]) -> None:
    result = joined(spans)
    assert set().union(*map(instants, result)) == set().union(*map(instants, spans))
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(result))
    assert all(start < end for start, end in result)


@given(SPANS, SPANS)
def test_overlap_is_what_sets_of_seconds_say(a: Span, b: Span) -> None:
    assert overlap(a, b) is bool(instants(a) & instants(b))
