"""
PostgreSQL behind pgbouncer: a session of one's own will do, a share of one will not.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from postgres import NOBODY, PostgresCluster

from smscore.errors import StoreUnavailable
from smscore.ports.storage import Lane
from smscore.testing.builders import a_tracked
from smscore_sqlmodel import SqlStore, migrate

pytestmark = pytest.mark.peers

PATIENCE = 60.0
PORT = 6432  # of a socket in the test's directory
PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
CONFIG = """
[databases]
* = host={directory} user=smscore
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {directory}
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def pooled(cluster: PostgresCluster, url: str, *, mode: str) -> Iterator[str]:
    """The URL of the same database behind a pooler."""
    if not Path(PGBOUNCER).exists():
        pytest.skip("pgbouncer is not installed; 'make test-peers' does it")
    directory = cluster.directory
    file = directory / "pgbouncer.ini"
    file.write_text(CONFIG.format(directory=directory, port=PORT, mode=mode))
    # Not as root, as whom it refuses to run.
    user = ["-u", NOBODY] if os.getuid() == 0 else []
    with subprocess.Popen(
        [PGBOUNCER, "-q", *user, file], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            place = directory / f".s.PGSQL.{PORT}"
            while not place.exists():
                assert process.poll() is None, process.communicate()
            yield f"{url}&port={PORT}"
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def test_a_pooler_that_keeps_sessions_is_as_good_as_none(postgres: PostgresCluster) -> None:
    with pooled(postgres, postgres.new_store(), mode="session") as url:
        migrate(url)
        with closing(SqlStore(url)) as store:
            one = a_tracked()
            store.run(
                lambda work: work.outbox.add(one.message, one.delivery), lane=Lane.CUSTODY
            ).result(PATIENCE)

            found = store.read(lambda view: view.outbox.get(one.message.id))

    assert found == one


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_that_shares_sessions_is_refused_and_named(
    postgres: PostgresCluster, mode: str
) -> None:
    with (
        pooled(postgres, postgres.new_store(), mode=mode) as url,
        pytest.raises(StoreUnavailable, match=r"a pooler .*; connect .* pool_mode = session"),
    ):
        SqlStore(url).close()
