"""What servers and the `flask` command load: `gunicorn app:app`, `flask clinic demo`."""

import sys

from portal import create_app
from portal.errors import WrongSetting

try:
    app = create_app()
except WrongSetting as wrong:
    sys.exit(f"These settings can't be used:\n{wrong}")
