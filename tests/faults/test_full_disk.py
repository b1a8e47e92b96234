"""The disk is full: pages are shown, nothing is half written, and it goes on when there's room."""

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal.db import opened
from portal.safekeeping.places import sqlite_url
from portal.safekeeping.rows import digests_of
from tests.cli.conftest import application
from tests.conftest import LiveSite
from tests.faults.conftest import load_open_clinic
from tests.faults.visitors import BOOK, PLENTY, half_done, visitor_of, workers_of

BLOCK = 512


class Disk:
    """Fills the disk that a database is on, or lets its processes write no more to any file."""

    def __init__(self, folder: Path, processes: list[int]) -> None:
        self.filler, self.processes = folder / "filler", processes
        self.is_small = shutil.disk_usage(folder).total < 10_000_000

    def fill(self) -> None:
        if not self.is_small:
            self._limit(0)
            return
        number = os.open(self.filler, os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(number, bytes(BLOCK))
        except OSError:
            os.close(number)

    def empty(self) -> None:
        if self.is_small:
            self.filler.unlink()
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for process in self.processes:
            _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, most))


@pytest.mark.sqlite
def test_reads_go_on_and_writes_fail_whole(
    small_disk: Path, sqlite_template: Path, live_site: Callable[..., LiveSite]
) -> None:
    file = Path(shutil.copy(sqlite_template, small_disk / "clinic.db"))
    app: Flask = application(f"sqlite:///{file}")
    load_open_clinic(app)
    site = live_site(f"sqlite:///{file}", workers=1, **PLENTY)
    first = visitor_of(site.url)
    page = first.get(BOOK)
    assert first.book(page, page.openings()[0], email="first@example.com").status == 200
    disk = Disk(small_disk, workers_of(site.process.pid))
    disk.fill()
    before, refused = rows(file), []
    for number in range(8):
        visitor = visitor_of(site.url)
        page = visitor.get(BOOK)
        assert page.status == 200
        answer = visitor.press(page, page.openings()[number])
        if answer.status != 200:
            refused.append(answer)
    assert len(refused) >= 4, "the disk wasn't full"
    for answer in refused:
        assert answer.status == 503
        assert int(answer.response.headers["Retry-After"]) > 0
        assert "right back" in answer.text
    after = rows(file)
    unchanged = set(before) - {"booking", "rate_limit"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert after["booking"].rows - before["booking"].rows == 8 - len(refused)
    disk.empty()
    last = visitor_of(site.url)
    page = last.get(BOOK)
    assert last.book(page, page.openings()[0], email="last@example.com").status == 200
    with app.app_context():
        assert half_done(["first@example.com", "last@example.com"]) == []


def rows(file: Path) -> dict[str, object]:
    with opened(sqlite_url(file)) as engine, engine.connect() as connection:
        return dict(digests_of(connection))
