"""
Rules of the house that no other tool keeps.
"""

import ast
import re
from pathlib import Path

from log_search import PASSWORD

LONGEST = 300


def sources(root: Path) -> list[Path]:
    return sorted((root / "src").rglob("*.py"))


def test_a_module_above_300_lines_says_in_its_docstring_why_it_is_long(root: Path):
    unexplained = []
    for path in sources(root):
        text = path.read_text()
        docstring = ast.get_docstring(ast.parse(text)) or ""
        lines = len(text.splitlines())
        if lines > LONGEST and not re.search(r"\b(long|longer)\b", docstring, re.IGNORECASE):
            unexplained.append(f"{path.relative_to(root)}: {lines} lines")

    assert not unexplained, "\n".join(unexplained)


def test_every_ignored_finding_says_why(root: Path):
    unexplained = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sources(root)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"# (noqa|type: ignore)", line)
        and not re.search(r"# (noqa: [A-Z0-9, ]+?|type: ignore\[[a-z-, ]+\])\s+(- |# )\S", line)
    ]

    assert not unexplained, "\n".join(unexplained)


def test_passwords_of_tests_are_found_in_logs(root: Path):
    given = re.compile(
        r"""password[\\"']*\s*[:=]\s*[a-z]*\\?["']([^"'\\\n{]{8,})"""
        r"""|--password-stdin[^)]*?stdin=[a-z]*["']([^"'\\{]{8,})"""
    )
    unknown = [
        f"{path.relative_to(root)}: {found[0]}"
        for path in sorted((root / "tests").rglob("*.py"))
        for found in given.finditer(path.read_text())
        if not PASSWORD.search(found[1] or found[2])
    ]

    assert not unknown, "\n".join(["call them some-word:", *unknown])


def test_constraints_hold_names_and_versions_only(root: Path):
    lines = (root / "constraints.txt").read_text().splitlines()

    assert lines
    assert not [one for one in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.+!]*", one)]


def test_folders_of_packages_are_not_packages_themselves(root: Path):
    for folder in (root / "src/adapters", root / "src/clients", root / "src/entrypoints"):
        assert not [path for path in folder.iterdir() if path.suffix == ".py"]
