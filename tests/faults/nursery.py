"""Workers as processes of their own, which can be killed: `python -m tests.faults.nursery JSON`.

JSON are the site's settings. For each line on its standard input it forks a worker and says its
process id: importing the site takes longer than most tests, so that's done once. Times that are
minutes are seconds here.
"""

import json
import os
import signal
import sys
from datetime import timedelta

from portal import create_app, worker
from portal.worker import sending

LEASE = timedelta(seconds=6)
"""Ten minutes, for a machine that may be busy: who lives must never be taken for dead."""


def main() -> None:
    """Serve until standard input ends."""
    app = create_app(json.loads(sys.argv[1]))
    sending.LEASE = LEASE
    worker._Scheduler.periodic_task_seconds = 1
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            worker.run(app)
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
