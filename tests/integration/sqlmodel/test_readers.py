"""
Many threads that would read a database which is gone.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from databases import new_database

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._databases import database_at
from smscore_sqlmodel._readers import Readers

PATIENCE = 30.0


class Distant:
    """A database that answers nobody while it is gone, and then says so."""

    def __init__(self, path: Path) -> None:
        self._database = database_at(f"sqlite:///{path}")
        self.is_gone = False
        self.is_asked = threading.Event()
        self.has_waited = threading.Event()

    def connect_reading(self):
        if self.is_gone:
            self.is_asked.set()
            assert self.has_waited.wait(PATIENCE)
            raise StoreUnavailable("nobody answers")
        return self._database.connect_reading()


@pytest.fixture
def database(tmp_path: Path) -> Distant:
    return Distant(new_database(tmp_path / "smscore.db"))


@pytest.fixture
def readers(database: Distant) -> Iterator[Readers]:
    with closing(Readers(database)) as readers:
        yield readers


@contextmanager
def waiting(database: Distant, readers: Readers) -> Iterator[None]:
    """Somebody has asked, and has no answer yet."""
    database.is_gone = True
    database.is_asked.clear()
    database.has_waited.clear()
    with ThreadPoolExecutor(1) as pool:
        try:
            asking = pool.submit(readers.read, lambda view: view.accounts.all())
            assert database.is_asked.wait(PATIENCE)
            yield
        finally:
            database.has_waited.set()
        assert isinstance(asking.exception(PATIENCE), StoreUnavailable)


def test_nobody_waits_for_somebody_else_to_connect(database: Distant, readers: Readers) -> None:
    with waiting(database, readers):
        database.is_gone = False

        assert readers.read(lambda view: view.accounts.all()) == []


def test_while_one_tries_again_others_are_refused_at_once(
    database: Distant, readers: Readers
) -> None:
    with waiting(database, readers):
        pass

    with waiting(database, readers), pytest.raises(StoreUnavailable, match="nobody answers"):
        readers.read(lambda view: view.accounts.all())


def test_when_one_has_succeeded_all_may_try(database: Distant, readers: Readers) -> None:
    with waiting(database, readers):
        pass
    database.is_gone = False
    assert readers.read(lambda view: view.accounts.all()) == []

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: readers.read(lambda view: view.accounts.all()), range(4)))

    assert found == [[]] * 4
