import pytest
from postgres import PostgresCluster

from smscore.testing.contracts import StoreContract, StoreMaker
from smscore_sqlmodel import SqlStore


class TestPostgresStore(StoreContract):
    has_one_server = False

    @pytest.fixture
    def make_store(self, postgres: PostgresCluster) -> StoreMaker:
        url = postgres.new_store()
        return lambda clock: SqlStore(url, clock=clock)
