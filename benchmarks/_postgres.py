"""
A PostgreSQL of a benchmark's own: its data below the benchmark's directory, on the disk.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _servers import HERE

sys.path.append(str(HERE.parent / "tests"))

from postgres import PostgresCluster, a_cluster

__all__ = ["SETTINGS", "PostgresCluster", "cpu_seconds", "postgres", "version_of"]

SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",  # or filling stops for checkpoints
}
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def postgres(directory: Path) -> Iterator[PostgresCluster]:
    """One as it is set up by itself, but for its memory: it syncs what it commits."""
    directory.chmod(0o755)  # as root it runs as somebody else, who has to get there
    with a_cluster(within=directory, **SETTINGS) as cluster:
        yield cluster


def version_of(cluster: PostgresCluster) -> str:
    """Such as ``17.2``."""
    with cluster.connect() as connection:
        [(version,)] = connection.execute("SHOW server_version").fetchall()
    return str(version)


def cpu_seconds(cluster: PostgresCluster) -> float:
    """User and system time so far of the server and all that it started."""
    main = cluster.process_id
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    return sum(_ticks(int(child)) for child in children) / _TICKS + _ticks(main) / _TICKS


def _ticks(process: int) -> int:
    """With those of its children that have ended."""
    try:
        told = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, told.rpartition(")")[2].split()[11:15]))
