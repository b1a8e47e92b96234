"""What gunicorn does besides serving; it reads this by itself when it starts in this folder."""

import gc
import os
import shutil
import tempfile
from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger

from portal import logs


class Lines(Logger):
    """gunicorn's own lines in the form of all others, and as careful with what they quote."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        form = logs.LogFormat.TEXT
        with suppress(ValueError):  # the application refuses a wrong one by name
            form = logs.LogFormat(os.environ.get("LOG_FORMAT") or form)
        self.error_log.handlers = [logs.handler(form)]


logger_class = Lines

SHARED = "PROMETHEUS_MULTIPROC_DIR"
_made = ""

if os.environ.get("METRICS_TOKEN") and not os.environ.get(SHARED):
    # The processes count requests in files there, so that each can tell the sum of all.
    _made = os.environ[SHARED] = tempfile.mkdtemp(prefix="clinic-metrics-")


def when_ready(server: Any) -> None:
    """What is loaded by now is shared with the processes to come, and stays as it is."""
    gc.collect()
    # A collector that goes through it would write to each object, and make each process a copy.
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """A process that starts looks whether it can serve; what's wrong stands in the log."""
    from portal.health import readiness

    with worker.wsgi.app_context():
        readiness.log_faults()


def child_exit(server: Any, worker: Any) -> None:
    """A process that ended has no gauges any more; what it counted stays."""
    if os.environ.get(SHARED):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """What was made for this run goes with it."""
    if _made:
        shutil.rmtree(_made, ignore_errors=True)
