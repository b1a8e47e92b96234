"""Every text that a person reads goes through gettext."""

import pytest

from tests.test_house import PORTAL, ROOT
from tests.unmarked import in_code, in_template

FOR_WHOEVER_RUNS_THE_SITE = {
    PORTAL / path
    for path in (
        "cli",
        "clinic_file",
        "config.py",
        "demo",
        "errors.py",
        "health",
        "launching.py",
        "logs.py",
        # Stored as it is, and read in the words of portal/web/practice/credit_words.py.
        "models/credit.py",
        "safekeeping",
        "selftest",
        "watcher.py",
        "web/metrics.py",
        "worker.py",
    )
}
"""Consoles, logs and Prometheus are in English, as commands and settings are."""

STAYS = {
    # A client file, whose headings are always these, with two people who don't exist.
    "name,email,phone",
    "Lee Park,lee@example.com,+1 212 555 0114",
    "Kim Sørensen,kim@example.com,",
    # Names of programs, and what programs say to each other.
    "Samsung Internet",
    "400 Bad Request",
    # Attributes that have no value.
    "required",
    "autofocus",
}


def test_templates_hold_no_text_of_their_own() -> None:
    templates = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    assert not [
        f"{path.relative_to(ROOT)}: {text}"
        for path in sorted(templates)
        for text in in_template(path.read_text(), path.name)
        if text not in STAYS
    ]


def test_what_code_says_to_people_is_marked() -> None:
    assert not [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted(PORTAL.rglob("*.py"))
        if not FOR_WHOEVER_RUNS_THE_SITE.intersection((path, *path.parents))
        for line, text in in_code(path.read_text())
        if text not in STAYS
    ]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        pytest.param("<p>Saved.</p>", ["Saved."], id="in an element"),
        pytest.param("{% if a %}Saved{% endif %}", ["Saved"], id="in a condition"),
        pytest.param("<p>{{ name }} leaves</p>", ["leaves"], id="beside a name"),
        pytest.param('<nav aria-label="Pages">', ["Pages"], id="in a name for screen readers"),
        pytest.param("<nav aria-label='Pages'>", ["Pages"], id="in other quotes"),
        pytest.param('<img alt="Logo of {{ a }}">', ["Logo of \0"], id="in place of a picture"),
        pytest.param('<input title="{{ a }}" placeholder="Name">', ["Name"], id="in a field"),
        pytest.param('<p data-words="Not saved">', ["Not saved"], id="for a script"),
        pytest.param('{{ ui.notice("It is saved.", "good") }}', ["It is saved."], id="in a macro"),
        pytest.param('<p>{{ _("Saved.") }}</p>', [], id="marked"),
        pytest.param('<p class="a b" data-words="{{ _("Saved") }}">&nbsp;·</p>', [], id="none"),
    ],
)
def test_text_of_a_template_is_found(template: str, found: list[str]) -> None:
    assert in_template(template, "page.html") == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param('raise Refused("no")', ["no"], id="an error"),
        pytest.param('raise WrongField("name", f"not {a}")', ["not \0"], id="an error of a field"),
        pytest.param('raise NotFound("a" if b else _("c"))', ["a"], id="one of two"),
        pytest.param('raise ValidationError("wrong")', ["wrong"], id="an error of a form"),
        pytest.param('name = Line(label="name")', ["name"], id="a label"),
        pytest.param('words = {1: "Sessions left"}', ["Sessions left"], id="a table of words"),
        pytest.param('return "that was it."', ["that was it."], id="the end of a sentence"),
        pytest.param("_(WORDS)", ["_(WORDS)"], id="text that no catalogue could have"),
        pytest.param('raise WrongField("name", _("no"))', [], id="marked"),
        pytest.param('"""A docstring."""\nlog.warning("It is late.")', [], id="read by nobody"),
    ],
)
def test_text_of_code_is_found(code: str, found: list[str]) -> None:
    assert [text for _line, text in in_code(code)] == found
