"""Packages that a library would load at once, and that are seldom needed: they wait until then.

Where a library can do without a package that isn't installed, it's imported as if it weren't, and
gets what it would have taken from the package at the first use. A process that comes to that has
the package for itself. Most never do: passkeys and encryption are 17 megabytes, and PostgreSQL's
driver 8, which are no use to somebody who looks for a time on SQLite.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module


@contextmanager
def left_out(*packages: str) -> Iterator[None]:
    """Let what is imported within do without these packages, unless they are there already."""
    absent = [package for package in packages if package not in sys.modules]
    # Python's own way to say that a module can't be had.
    sys.modules |= dict.fromkeys(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for package in absent:
            del sys.modules[package]


@cache
def bring_in(package: str, *into: str) -> None:
    """Load the package, and give these modules what each tried to import from it in vain."""
    for name in into:
        module = import_module(name)
        for tried in ast.parse(inspect.getsource(module)).body:
            if isinstance(tried, ast.Try):
                for statement in tried.body:
                    vars(module).update(_imported(statement, package))


def _imported(statement: ast.stmt, package: str) -> dict[str, object]:
    """What an import from the package gives, by the names that it gets; nothing for any other."""
    found: dict[str, object] = {}
    match statement:
        case ast.Import(names=names):
            for each in names:
                if _is_of(package, each.name):
                    module = import_module(each.name)
                    found[each.asname or package] = module if each.asname else sys.modules[package]
        case ast.ImportFrom(module=str(source), names=names, level=0) if _is_of(package, source):
            for each in names:
                module = import_module(source)
                # A module of it, where it has no such name yet.
                found[each.asname or each.name] = getattr(module, each.name, None) or import_module(
                    f"{source}.{each.name}"
                )
    return found


def _is_of(package: str, module: str) -> bool:
    return module.partition(".")[0] == package
