from pathlib import Path

import pytest
from databases import new_database

from smscore.testing.contracts import StoreContract, StoreMaker
from smscore_sqlmodel import SqlStore


class TestSqlStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> StoreMaker:
        path = new_database(tmp_path / "smscore.db")
        return lambda clock: SqlStore(f"sqlite:///{path}", clock=clock)
