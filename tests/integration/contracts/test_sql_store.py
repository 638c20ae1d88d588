from pathlib import Path

import pytest

from smscore.testing.contracts import StoreContract, StoreMaker
from smscore_sqlmodel import SqlStore, migrate


class TestSqlStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> StoreMaker:
        url = f"sqlite:///{tmp_path}/smscore.db"
        migrate(url)
        return lambda clock: SqlStore(url, clock=clock)
