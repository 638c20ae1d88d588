"""
The repository as a place to build from, and the wheel that is built from it.
"""

import importlib
import os
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel, built in this process by the build backend itself: no network, no isolation."""
    backend = importlib.import_module("hatchling.build")
    target = tmp_path_factory.mktemp("wheel")
    here = Path.cwd()
    os.chdir(ROOT)  # PEP 517: backends are called in the root of the source tree
    try:
        name = backend.build_wheel(str(target))
    finally:
        os.chdir(here)
    return ZipFile(target / name)
