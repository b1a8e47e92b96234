"""Finds text for people that isn't marked for gettext, in templates and in Python."""

import ast
import re
from collections.abc import Iterator

from jinja2 import Environment, nodes

from portal import errors

MARKING = {"_", "gettext", "lazy_gettext", "ngettext"}
LOGGING = {"log", "logger", "get_logger"}
ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.PortalError)
} | {"StopValidation", "ValidationError"}
NAMED_FIRST = {"WrongField"}
"""Errors whose first argument is the name of a field."""

SHOWN = {"description", "label", "message", "placeholder", "title"}
"""What arguments are called that a person gets to see."""

ATTRIBUTES = {"alt", "aria-description", "aria-label", "placeholder", "title"}

WORD = re.compile(r"[^\W\d_]")
SENTENCE = re.compile(r"[A-Z](?:[a-z’'][\w’']*)? +\S|[a-z]+ .+[.!?]$")
"""What somebody might read, as against a key, a list of classes or a bit of SQL."""

NOT_TEXT = re.compile(r"<[^>]*>|\b[a-z-]+=\"[^\"]*\"|#[\w-]+")
"""Elements, the attributes of one that are put together elsewhere, and the end of an address."""

NOT_READ = {"AssertionError", "LookupError", "RuntimeError", "TypeError", "ValueError"}
"""What only other code catches, or a programmer reads."""

EXPRESSION = "\0"
"""Stands where an expression puts something."""

_environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def in_template(source: str, name: str) -> list[str]:
    """Texts that stand in the template itself: in elements, attributes, or handed to a macro."""
    tree = _environment.parse(source)
    text = "".join(_written(tree))
    found = [node.value for node in _constants(tree) if SENTENCE.match(node.value)]
    if name.endswith(".html"):
        text = re.sub(r"<(style|script)\b.*?</\1>|<!--.*?-->", "\n", text, flags=re.S)
        found += [
            value
            for attribute, _quote, value in re.findall(r"""\s([a-z-]+)=(["'])(.*?)\2""", text, re.S)
            # Scripts take their texts from data attributes; the spaces tell them from names.
            if attribute in ATTRIBUTES or (attribute.startswith("data-") and " " in value)
        ]
        text = NOT_TEXT.sub("\n", text)
    found += (" ".join(line.replace(EXPRESSION, " ").split()) for line in text.split("\n"))
    return [text for text in found if WORD.search(re.sub(r"&#?\w+;", "", text))]


def _written(node: nodes.Node) -> Iterator[str]:
    """The template as it's written, without what Jinja evaluates."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield EXPRESSION
    else:
        for child in node.iter_child_nodes():
            # An expression writes something only where it's put out.
            if isinstance(node, nodes.Output) or not isinstance(child, nodes.Expr):
                yield from _written(child)


def _constants(node: nodes.Node) -> Iterator[nodes.Const]:
    """The texts in expressions, besides those that are handed to gettext."""
    if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in MARKING:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node
    for child in node.iter_child_nodes():
        yield from _constants(child)


def in_code(source: str) -> list[tuple[int, str]]:
    """Texts that aren't marked, with their lines: of errors, of fields, and whatever else reads
    like a sentence and is neither a docstring nor for the log."""
    tree = ast.parse(source)
    found = {(node.lineno, text) for node, text in _texts(tree) if SENTENCE.match(text)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            shown = [each.value for each in node.keywords if each.arg in SHOWN]
            name = _name(node)
            if name in ERRORS:
                shown += node.args[1 if name in NAMED_FIRST else 0 :]
            found |= {(part.lineno, text) for each in shown for part, text in _texts(each)}
            if name in MARKING and not isinstance(node.args[0], ast.Constant):
                # No catalogue could have it: whoever extracts texts reads them here.
                found.add((node.lineno, ast.unparse(node)))
    return sorted(each for each in found if WORD.search(each[1]))


def _texts(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """The texts below the node, besides those that nobody reads or that are marked."""
    match node:
        case ast.Call() if _name(node) in MARKING | NOT_READ or _is_for_the_log(node):
            return
        case ast.Expr(value=ast.Constant()) | ast.Assert():
            return
        case ast.JoinedStr(values=parts):
            yield (
                node,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else EXPRESSION
                    for part in parts
                ),
            )
        case ast.Constant(value=str(text)):
            yield node, text
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _texts(child)


def _name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_for_the_log(call: ast.Call) -> bool:
    owner = getattr(call.func, "value", None)
    return getattr(owner, "id", getattr(owner, "attr", "")) in LOGGING
