"""
Where a world's gateway keeps what it knows: a file, or a PostgreSQL that can be killed as well.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postgres import PostgresCluster, a_cluster

__all__ = ["STORES", "File", "Server", "Storage", "a_storage"]

STORES = ("sqlite", "postgresql")


class File:
    """A database that is a file of the world."""

    def __init__(self, directory: Path) -> None:
        self.url = f"sqlite:///{directory}/smscore.db"


class Server:
    """A PostgreSQL of the world's own, which waits for its disk."""

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self.url = cluster.new_database()

    @property
    def process(self) -> int:
        """For whoever wants to kill it at a moment of his own."""
        return self._cluster.process

    @property
    def is_running(self) -> bool:
        """Whether it is, at this moment."""
        return self._cluster.is_running

    def kill(self) -> None:
        """As a power cut does."""
        self._cluster.kill()

    def await_end(self, timeout: float) -> bool:
        """Wait until somebody has killed it; False: it runs still."""
        return self._cluster.await_end(timeout)

    def start(self) -> None:
        """Start it again, and wait until it can be used."""
        self._cluster.start()

    def keep(self, directory: Path) -> None:
        """Leave what is needed to look at it later."""
        dump = self._cluster.directory / "smscore.dump"
        self._cluster.run("pg_dump", "--format=custom", f"--file={dump}", self.url)
        shutil.copyfile(dump, directory / dump.name)
        shutil.copyfile(self._cluster.directory / "log", directory / "postgresql.log")


Storage = File | Server


@contextmanager
def a_storage(kind: str, directory: Path) -> Iterator[Storage]:
    """One without anything in it; ``kind`` is one of ``STORES``."""
    if kind == "sqlite":
        yield File(directory)
        return
    with a_cluster() as cluster:
        server = Server(cluster)
        try:
            yield server
        finally:
            if cluster.is_running:
                server.keep(directory)
