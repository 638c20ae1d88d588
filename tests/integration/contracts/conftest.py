import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import QUICK, PostgresCluster, a_cluster

# The model of custody is shared with the tests of the store in memory; the tests are no package.
sys.path.insert(0, str(Path(__file__).parents[2] / "custody"))
pytest.register_assert_rewrite("custody_machine")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A server whose databases nobody needs later."""
    with a_cluster(**QUICK) as cluster:
        yield cluster
