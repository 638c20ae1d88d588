"""
The store on the PostgreSQL that Debian has.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import QUICK, PostgresCluster, a_cluster

from smscore.testing.contracts import StoreContract, StoreMaker
from smscore_sqlmodel import SqlStore

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("Debian's PostgreSQL is not installed")
    with a_cluster(programs=programs[0], **QUICK) as cluster:
        yield cluster


class TestDebiansPostgres(StoreContract):
    @pytest.fixture
    def make_store(self, cluster: PostgresCluster) -> StoreMaker:
        url = cluster.new_store()
        return lambda clock: SqlStore(url, clock=clock)
