"""What gunicorn does besides serving; it reads this by itself when it starts in this folder."""

import gc
import os
import shutil
from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger

from portal import logs
from portal.launching import METRICS_FOLDER, make_metrics_folder


class Lines(Logger):
    """gunicorn's own lines in the form of all others, and as careful with what they quote."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        form = logs.LogFormat.TEXT
        with suppress(ValueError):  # the application refuses a wrong one by name
            form = logs.LogFormat(os.environ.get("LOG_FORMAT") or form)
        self.error_log.handlers = [logs.handler(form)]


logger_class = Lines
worker_class = "portal.turns.Worker"

_made = make_metrics_folder()


def when_ready(server: Any) -> None:
    """What is loaded by now is shared with the processes to come, and stays as it is."""
    gc.collect()
    # A collector that goes through it would write to each object, and make each process a copy.
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """A process that starts looks whether it can serve; what's wrong stands in the log."""
    from portal.db import db
    from portal.health import readiness
    from portal.turns import AT_ONCE, Worker

    with worker.wsgi.app_context():
        readiness.log_faults_unless_just_done()
        if isinstance(worker, Worker):
            worker.tpool.at_once = AT_ONCE[db.engine.dialect.name]
    # Where the application wasn't loaded before the processes parted, what it is made of would be
    # gone through again and again: a fifth of the time of a request.
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """A process that ended has no gauges any more; what it counted stays."""
    if os.environ.get(METRICS_FOLDER):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """What was made for this run goes with it."""
    if _made:
        shutil.rmtree(_made, ignore_errors=True)
