"""What to do next, above My Services: words and links for the steps that a clinic still lacks."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext

from portal.queries.next_steps import Step, StepState, load_next_steps
from portal.web.accounts import current_member

WORDS = {
    Step.SERVICE: lazy_gettext("Add a service"),
    Step.HOURS: lazy_gettext("Set your weekly hours"),
    Step.COLLEAGUE: lazy_gettext("Invite a colleague"),
    Step.SHARING: lazy_gettext("Share a service with your team"),
    Step.PACKAGE: lazy_gettext("Make a package"),
    Step.LINK: lazy_gettext("Invite a client, or share a package’s link"),
    Step.MAIL: lazy_gettext("Set up mail"),
    Step.LOGO: lazy_gettext("Add your logo and colour"),
}

PLACES = {
    Step.SERVICE: ("service_editor.new", None),
    Step.HOURS: ("availability.mine", None),
    Step.COLLEAGUE: ("team.index", "invite"),
    Step.SHARING: ("sharing_table.show", None),
    Step.PACKAGE: ("packages_editor.new", None),
    Step.MAIL: ("mail_settings.show", None),
    Step.LOGO: ("settings.show", "look"),
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """One step; without an address it isn't possible yet."""

    words: Any
    url: str | None
    done: bool


def next_steps() -> list[NextStep]:
    """Return the steps of whoever is signed in; none once all are done."""
    states = load_next_steps(current_member())
    if all(state.done for state in states):
        return []
    return [NextStep(WORDS[each.step], _place(each), each.done) for each in states]


def _place(state: StepState) -> str | None:
    if state.step is Step.LINK:
        if state.package_id is None:
            return None
        return url_for("invitations.index", package=state.package_id)
    endpoint, anchor = PLACES[state.step]
    return url_for(endpoint, _anchor=anchor)
