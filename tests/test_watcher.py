"""The worker as the process sees it from which it has parted."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from portal.watcher import Child

LONG = 30  # seconds


def sleep() -> None:
    time.sleep(LONG)


def sleep_whatever_is_said() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(LONG)


@pytest.fixture
def part() -> Iterator[Callable[[Callable[[], None]], Child]]:
    children = []

    def start(work: Callable[[], None]) -> Child:
        children.append(Child(work))
        return children[-1]

    yield start
    for child in children:
        child.tell(signal.SIGKILL)
        child.end(1)


def test_it_is_there_until_it_is_told_to_end(part: Callable[..., Child]) -> None:
    child = part(sleep)
    assert not child.has_ended()
    child.tell(signal.SIGTERM)
    assert child.has_ended(within_seconds=5)


def test_that_it_ended_is_known_also_where_somebody_else_was_told(
    part: Callable[..., Child],
) -> None:
    child = part(lambda: None)
    os.waitpid(child.pid, 0)
    assert child.has_ended(within_seconds=5)
    child.tell(signal.SIGTERM)
    child.end(1)


def test_one_that_does_not_listen_is_ended(part: Callable[..., Child]) -> None:
    child, started = part(sleep_whatever_is_said), time.monotonic()
    time.sleep(0.1)
    child.tell(signal.SIGTERM)
    child.end(0.2)
    assert child.has_ended()
    assert time.monotonic() - started < LONG / 2


@pytest.mark.parametrize("ends", [SystemExit(0), ValueError("no")], ids=["told to", "by itself"])
def test_it_does_nothing_of_what_the_other_does_at_its_end(
    part: Callable[..., Child], ends: BaseException, capfd: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise ends

    ours = os.getpid()
    with suppress(SystemExit, ValueError):
        assert part(work).has_ended(within_seconds=5)
    assert os.getpid() == ours
    assert ("ValueError: no" in capfd.readouterr().err) == isinstance(ends, ValueError)
