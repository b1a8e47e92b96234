"""What the README says of the code is so: its tree of folders, words, pictures and links."""

import ast
import re

from tests.test_house import PORTAL, ROOT, committed_or_about_to_be

README = (ROOT / "README.md").read_text()
TREE = next(block for block in README.split("```") if block.startswith("\napp.py"))
DESCRIPTION = 23  # the column at which it begins
LINKS = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")
ANCHORS = re.compile(r"\]\(#([\w-]+)\)")


def test_the_tree_has_every_part_of_the_portal() -> None:
    inside = {
        path.relative_to(PORTAL).parts
        for path in committed_or_about_to_be()
        if PORTAL in path.parents
    }
    parts = {names[0] + ("/" if len(names) > 1 else "") for names in inside}
    assert not [part for part in sorted(parts) if not re.search(rf"(?<!\w){part}", TREE)]


def test_what_stands_in_the_tree_is_there() -> None:
    named = []
    for line in TREE.strip().splitlines():
        folder = PORTAL if line.startswith("  ") else ROOT
        named += [folder / name for name in line[:DESCRIPTION].split()]
    assert len(named) > 25
    assert not [str(path) for path in named if not path.exists()]


def test_the_glossarys_words_are_the_codes() -> None:
    classes = {
        node.name
        for path in PORTAL.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    table = README.partition("## Glossary")[2].partition("\n## ")[0]
    words = re.findall(r"`([A-Z]\w+)(?:\.\w+)?`", table)
    assert len(words) > 25
    assert not [word for word in words if word not in classes]


def test_its_links_and_those_of_docs_lead_somewhere() -> None:
    lost = [
        f"{path.name}: {target}"
        for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        for target in LINKS.findall(path.read_text())
        if "://" not in target and not (path.parent / target).exists()
    ]
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", README, re.M)
    }
    assert not lost + [anchor for anchor in ANCHORS.findall(README) if anchor not in headings]


def test_every_picture_is_shown() -> None:
    assert not [
        picture.name for picture in (ROOT / "docs").glob("*.png") if picture.name not in README
    ]
