"""What gunicorn does besides serving; it reads this by itself when it starts in this folder."""

from typing import Any


def post_worker_init(worker: Any) -> None:
    """A process that starts looks whether it can serve; what's wrong stands in the log."""
    from portal.health import readiness

    with worker.wsgi.app_context():
        readiness.log_faults()
