"""A process answers one after the other, and nobody waits for long for somebody who is slow."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import ExitStack
from threading import Barrier, BrokenBarrierError, Event, active_count
from urllib.request import urlopen

import pytest

from portal.turns import Turns
from tests.conftest import LiveSite

LONG = 5.0  # seconds: much longer than anything here takes


@pytest.fixture
def turns() -> Iterator[Turns]:
    """Three threads, with more patience than a test needs where nothing is slow."""
    pool = Turns(3, patience=LONG)
    yield pool
    pool.shutdown()


def until(what: Callable[[], object]) -> None:
    """Wait until it's so."""
    deadline = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_one_thing_is_done_after_the_other_in_their_order(turns: Turns) -> None:
    under_way, most, order = [0], [0], list[int]()

    def work(number: int) -> int:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        order.append(number)
        time.sleep(0.001)
        under_way[0] -= 1
        return number

    futures = [turns.submit(work, number) for number in range(50)]
    for _ in range(10):
        turns.relieve()
    assert [future.result(LONG) for future in futures] == list(range(50))
    assert order == list(range(50))
    assert most == [1]
    until(lambda: not turns.is_behind())


def test_where_one_takes_too_long_another_thread_goes_on() -> None:
    turns, first, second = Turns(2, patience=0.0), Event(), Event()
    slow = turns.submit(first.wait, LONG)
    until(slow.running)
    slower = turns.submit(second.wait, LONG)
    waiting = turns.submit(str, "done")
    assert turns.is_behind()
    turns.relieve()
    until(slower.running)
    turns.relieve()
    assert not waiting.done(), "there are no more than two threads"
    first.set()
    assert waiting.result(LONG) == "done"
    assert slow.result(LONG)
    assert not slower.done()
    second.set()
    assert slower.result(LONG)
    turns.shutdown()


def test_once_the_slow_one_is_done_there_is_one_thread_again(turns: Turns) -> None:
    slow = Event()
    stuck = turns.submit(slow.wait, LONG)
    until(stuck.running)
    turns._patience = 0.0
    meet, go = Event(), Event()

    def work() -> None:
        meet.set()
        go.wait(LONG)

    next_one = turns.submit(work)
    turns.relieve()
    assert meet.wait(LONG)
    turns._patience = LONG
    both = Barrier(2)
    last = [turns.submit(both.wait, 0.05) for _ in range(2)]
    slow.set()
    stuck.result(LONG)
    go.set()
    next_one.result(LONG)
    wait(last, LONG)
    for future in last:
        assert isinstance(future.exception(), BrokenBarrierError), "never two at the same time"


def test_where_two_are_best_two_work_and_no_third(turns: Turns) -> None:
    turns.at_once = 2
    both, go = Barrier(2), Event()

    def work() -> None:
        both.wait(LONG)
        go.wait(LONG)

    at_work = [turns.submit(work), turns.submit(work)]
    until(lambda: not turns.is_behind())
    third = turns.submit(str, "done")
    turns.relieve()
    assert not third.running()
    assert turns.is_behind()
    go.set()
    wait(at_work, LONG)
    assert third.result(LONG) == "done"


def test_what_fails_fails_for_whoever_asked_alone(turns: Turns) -> None:
    failing, cancelled = turns.submit(int, "x"), turns.submit(int, "2")
    cancelled.cancel()
    fine = turns.submit(int, "3")
    assert isinstance(failing.exception(LONG), ValueError)
    assert fine.result(LONG) == 3


def test_threads_end_with_their_pool(turns: Turns) -> None:
    before = active_count()
    pool = Turns(2)
    assert pool.submit(str, "done").result(LONG) == "done"
    pool.shutdown()
    assert active_count() == before


def test_nobody_waits_for_visitors_who_send_slowly(
    sqlite_database: str, live_site: Callable[..., LiveSite]
) -> None:
    site = live_site(sqlite_database, workers=1, GUNICORN_CMD_ARGS="--threads=4")
    host, port = site.url.removeprefix("http://").split(":")
    with ExitStack() as ends:
        slow = [
            ends.enter_context(socket.create_connection((host, int(port)), LONG)) for _ in range(3)
        ]
        for connection in slow:
            connection.sendall(b"POST /book/reset/holds HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        for _ in range(5):
            with urlopen(f"{site.url}/healthz", timeout=LONG) as answer:  # noqa: S310
                assert answer.status == 200
        for connection in slow:
            connection.sendall(b"ngth: 0\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 4")
