from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import new_database

from smscore_sqlmodel import SqlStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database without data."""
    return new_database(tmp_path / "smscore.db")


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    store = SqlStore(f"sqlite:///{path}")
    yield store
    store.close()
