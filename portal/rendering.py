"""How Jinja is set up for pages and mails alike."""

from collections.abc import MutableMapping
from typing import Any

from flask import templating


class Environment(templating.Environment):
    """Flask's, but a template's globals are the environment's own, since none has others here.

    Jinja puts a mapping of mappings in between, which is copied key by key for every include.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what the template may use besides what it's given."""
        return super().make_globals(d) if d else self.globals
