"""The house rules that no linter knows: what may stand where. Each failure names file and line."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "portal"

CLOCK_READS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
FOLDERS_OF_A_MACHINE = re.compile(r"(?<![\w.\-/:])/(?:home|opt|root|tmp|Users|work)/")
INLINE = re.compile(r"<style\b|<script\b(?![^>]*\bsrc=)|<[a-z][^>]*\s(?:style|on[a-z]+)\s*=", re.I)


def code(folder: Path = PORTAL, besides: Iterable[str] = ()) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every module in the folder, `besides` the files or folders named."""
    allowed = {ROOT / path for path in besides}
    for path in sorted(folder.rglob("*.py")):
        if not allowed.intersection((path, *path.parents)):
            for node in ast.walk(ast.parse(path.read_text())):
                yield path, node


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def committed_or_about_to_be() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


def test_one_place_commits() -> None:
    assert not [
        place(path, node.lineno)
        for path, node in code(besides=["portal/transaction.py"])
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]


def test_one_place_reads_the_clock() -> None:
    found = []
    for path, node in code(besides=["portal/clock.py"]):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if (owner, name) in CLOCK_READS:
                    found.append(place(path, node.lineno))
            case ast.ImportFrom(module="time", names=names):
                if any(alias.name in ("time", "time_ns") for alias in names):
                    found.append(place(path, node.lineno))
    assert not found


def test_one_place_knows_the_headers_of_htmx() -> None:
    assert not [
        place(path, node.lineno)
        for path, node in code(besides=["portal/web/htmx.py"])
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.upper().startswith("HX-")
    ]


def test_request_session_and_g_are_read_in_web_alone() -> None:
    of_a_request = {"request", "session", "g"}
    found = []
    for path, node in code(besides=["portal/web"]):
        match node:
            case ast.ImportFrom(module="flask", names=names):
                if any(alias.name in of_a_request for alias in names):
                    found.append(place(path, node.lineno))
            case ast.Attribute(value=ast.Name(id="flask"), attr=name) if name in of_a_request:
                found.append(place(path, node.lineno))
    assert not found


def test_scheduling_imports_the_standard_library_alone() -> None:
    found = []
    for path, node in code(PORTAL / "scheduling"):
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(module), level=0):
                names = [module]
            case _:
                continue
        for name in names:
            of_scheduling = f"{name}.".startswith("portal.scheduling.")
            if not of_scheduling and name.split(".")[0] not in sys.stdlib_module_names:
                found.append(f"{place(path, node.lineno)} {name}")
    assert not found


def test_pages_hold_no_inline_script_or_style() -> None:
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        # A mail has no other place for its styles, and no policy forbids them there.
        if "mail" in path.relative_to(ROOT / "templates").parts:
            continue
        text = path.read_text()
        for hit in INLINE.finditer(text):
            found.append(place(path, text.count("\n", 0, hit.start()) + 1))
    assert not found


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in PORTAL.rglob("*.py")}
    assert not [place(path, length) for path, length in lengths.items() if length > 300]


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = []
    for path in committed_or_about_to_be():
        lines = path.read_bytes().decode(errors="ignore").splitlines()
        found += [
            place(path, number)
            for number, line in enumerate(lines, start=1)
            if FOLDERS_OF_A_MACHINE.search(line)
        ]
    assert not found


def test_what_is_fetched_is_not_committed() -> None:
    fetched = [ROOT / "static/vendor", ROOT / "node_modules"]
    assert not [path for path in committed_or_about_to_be() if set(fetched) & set(path.parents)]


def test_the_lock_file_names_no_host() -> None:
    # `npm install --omit-lockfile-registry-resolved` writes it like that.
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_the_documents_name_files_and_tests_that_are_there() -> None:
    missing = []
    for document in (ROOT / "docs").glob("*.md"):
        for name in re.findall(r"`([\w./]+\.(?:py|md)(?:::\w+)?)`", document.read_text()):
            path, _colons, test = name.partition("::")
            places = [ROOT / path, PORTAL / path, ROOT / "tests" / path]
            texts = [place.read_text() for place in places if place.is_file()]
            if not any(f"def {test}(" in text if test else True for text in texts):
                missing.append(f"{document.name}: {name}")
    assert not missing
