"""
What of the client for TypeScript can be seen without its tools.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def package(root: Path) -> Path:
    return root / "clients/typescript"


@pytest.fixture
def manifest(package: Path) -> Any:
    return json.loads((package / "package.json").read_text())


def test_it_has_the_version_and_the_licence_of_the_project(
    root: Path, package: Path, manifest: Any
) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]

    assert (manifest["version"], manifest["license"]) == (project["version"], project["license"])
    assert (package / "LICENSE").read_text() == (root / "LICENSE").read_text()


def test_it_needs_nothing_at_run_time_and_exact_versions_to_be_built(manifest: Any) -> None:
    assert not [kind for kind in manifest if "ependencies" in kind and kind != "devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one) for one in manifest["devDependencies"].values())


def test_it_runs_wherever_there_is_fetch(package: Path) -> None:
    imported = [
        found
        for path in sorted((package / "src").glob("*.ts"))
        for found in re.findall(r"from '([^']+)'", path.read_text())
    ]

    assert imported
    assert [one for one in imported if not one.startswith("./")] == []


def test_it_knows_every_code_that_is_documented(root: Path, package: Path) -> None:
    page = (root / "docs/provider-api.md").read_text().partition("## Refusals")[2]
    documented = {
        code
        for line in page.splitlines()
        if line.startswith("| ") and line[2:5].isdigit()
        for code in re.findall(r"`([a-z_]+)`", line.split("|")[2])
    }
    schemas = (package / "src/schema.ts").read_text()
    codes = re.search(r"RefusalReason: \{.*?\bcode: ([^;]+);", schemas, re.DOTALL)
    assert codes
    known = set(re.findall(r'["\']([a-z_]+)["\']', codes[1]))

    assert documented
    assert documented - known == set()
