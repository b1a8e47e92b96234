"""A practice's own words for a message: plain text with named fields in it, and nothing else.

Jinja reads them, in its sandbox, and what it has read is looked through: only text and names of
fields may come of it. So there is nothing to call, to loop over or to reach through.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlalchemy import bindparam, select

from portal.as_set_up import as_set_up
from portal.languages import plain
from portal.models import MessageText
from portal.plain_rows import plain_rows

SUBJECT_CHARACTERS = 200
TEXT_CHARACTERS = 5000
VALUE_CHARACTERS = 500
"""How much of a field's value is used: a text may name it hundreds of times."""

_WORDS = select(MessageText.language, MessageText.subject, MessageText.text).where(
    MessageText.kind == bindparam("kind"),
    MessageText.language.in_(bindparam("languages", expanding=True)),
)

log = logging.getLogger(__name__)

# Not escaped here: what comes of it is plain text, which the HTML body escapes as any other.
_sandbox = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
_sandbox.globals.clear()


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Subject and text, with fields in them as `{{ client }}`."""

    subject: str
    text: str


def find_own_words(kind: str, language: str) -> OwnWords | None:
    """The practice's words for the message in this language, or in that of which it's a variety."""
    words = as_set_up(_words, kind, language, plain(language))
    found = {tag: OwnWords(subject, text) for tag, subject, text in words}
    return found.get(language) or found.get(plain(language))


def _words(kind: str, *languages: str) -> Sequence[Any]:
    return plain_rows(_WORDS, {"kind": kind, "languages": list(languages)})


def in_own_words(own: OwnWords, fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Subject and text with the fields' values; None where they can't be used.

    They could when they were saved: a field may be gone since. A message isn't lost for that.
    """
    values = {name: value[:VALUE_CHARACTERS] for name, value in fields.items()}
    try:
        for part in (own.subject, own.text):
            if fault := fault_in(part, fields):
                raise ValueError(fault)
        return _filled(own.subject, values), _filled(own.text, values)
    except (TemplateError, ValueError):
        # Not what they say: somebody typed it.
        log.warning("A practice's own words can't be used any more: the portal's took their place.")
        return None


def fault_in(text: str, fields: Collection[str]) -> str | None:
    """A sentence about what can't stand in the text, None where all can."""
    try:
        tree = _sandbox.parse(text)
    except (TemplateSyntaxError, RecursionError) as error:
        # The parser gives up where there are a thousand brackets within each other.
        return _(
            "Line %(line)s can’t be read. A field’s name stands between {{ and }}, such as "
            "{{ client }}; {%% and {# can’t be used.",
            line=getattr(error, "lineno", 1),
        )
    # Comments and tags that make nothing leave no trace in the tree.
    if tag := next((tag for tag in ("{%", "{#") if tag in text), None):
        return _("“%(tag)s” can’t be used: only fields such as {{ client }}.", tag=tag)
    for node in _foreign(tree):
        return _(
            "Line %(line)s: only a field’s name can stand between {{ and }}, such as {{ client }}.",
            line=node.lineno,
        )
    unknown = [node.name for node in tree.find_all(nodes.Name) if node.name not in fields]
    if unknown:
        return _(
            "There is no field “%(name)s” in this message. These can be used: %(fields)s.",
            name=unknown[0],
            fields=", ".join(fields),
        )
    return None


def _foreign(tree: nodes.Template) -> Iterator[nodes.Node]:
    """What is neither text nor a bare name."""
    for node in tree.body:
        if not isinstance(node, nodes.Output):
            yield node
            continue
        for part in node.nodes:
            if not isinstance(part, nodes.TemplateData | nodes.Name):
                yield part


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _sandbox.from_string(text).render(values)
