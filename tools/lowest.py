"""
Prints the oldest libraries that ``pyproject.toml`` allows, as constraints for pip.

Usage: ``python tools/lowest.py [EXTRA…]``. What those libraries need themselves is not constrained.
"""

import sys
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import Version


def constraints(project: dict[str, Any], extras: Collection[str]) -> Iterator[str]:
    """Each library with its lower bound, the highest one where it has several."""
    bounds: dict[str, tuple[Version, str]] = {}
    for requirement in _required(project, extras):
        (bound,) = [one.version for one in requirement.specifier if one.operator == ">="]
        marker = f"; {requirement.marker}" if requirement.marker else ""
        version = Version(bound)
        if requirement.name not in bounds or version > bounds[requirement.name][0]:
            bounds[requirement.name] = (version, marker)
    for name, (version, marker) in sorted(bounds.items()):
        yield f"{name}=={version}{marker}"


def _required(project: dict[str, Any], extras: Collection[str]) -> Iterator[Requirement]:
    optional = project["optional-dependencies"]
    for extra in extras:
        for requirement in map(Requirement, optional[extra]):
            if requirement.name == project["name"]:  # an extra that is made of others
                yield from _required(project, requirement.extras)
            else:
                yield requirement
    yield from map(Requirement, project["dependencies"])


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "pyproject.toml"
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    sys.stdout.writelines(f"{one}\n" for one in constraints(project, sys.argv[1:]))
