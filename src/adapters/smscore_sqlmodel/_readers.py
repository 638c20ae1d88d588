"""
Reading: one connection for each thread that reads, closed when the thread ends or the store does.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakSet

from smscore.errors import StoreUnavailable
from smscore.ports.storage import View
from smscore_sqlmodel._database import Database, Reading
from smscore_sqlmodel._sessions import ReadSession
from smscore_sqlmodel._units import Views

__all__ = ["Readers"]

T = TypeVar("T")

_PATIENCE = 1.0
_INHERITED: list[Reading] = []
"""Connections of the process that this one was forked from: kept, so that nobody closes them."""


class Readers:
    """Any thread reads; each read sees one moment of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._all: WeakSet[_Reader] = WeakSet()
        self._is_closed = False
        self._drops = 0
        self._trying = threading.Lock()
        self._fault = ""  # why the last one who tried has no connection

    def read(self, work: Callable[[View], T]) -> T:
        """
        Look at committed data.

        Raises:
            StoreUnavailable: closed, or the database cannot be read.
        """
        reader: _Reader | None = getattr(self._mine, "reader", None)
        if reader is None or reader.is_stale:
            reader = self._mine.reader = self._open()
        return reader.read(work)

    def close(self) -> None:
        """Close every thread's connection, after the read that it may be in."""
        with self._lock:
            self._is_closed = True
            self._drops += 1
            readers = list(self._all)
        for reader in readers:
            reader.close()

    def drop(self) -> bool:
        """
        Close every thread's connection; a new one is opened by the next read.

        Says whether that was possible within a second: a read may take longer, and may even wait
        for whoever calls here.
        """
        ends_at = time.monotonic() + _PATIENCE
        with self._lock:
            self._drops += 1
            readers = list(self._all)
        closed = [one.close(patience=max(0, ends_at - time.monotonic())) for one in readers]
        return all(closed)

    def _open(self) -> "_Reader":
        while True:
            with self._lock:
                if self._is_closed:
                    raise StoreUnavailable("the store is closed")
                drops = self._drops
            # Without the lock: a database that is gone without a word takes seconds to say nothing.
            reader = self._connect()
            with self._lock:
                if self._drops == drops:
                    self._all.add(reader)
                    return reader
            reader.close()

    def _connect(self) -> "_Reader":
        """Where the last one has failed one tries at a time, and others need not wait for that."""
        is_trying = self._trying.acquire(blocking=False)
        if self._fault and not is_trying:
            raise StoreUnavailable(self._fault)
        try:
            reader = _Reader(self._database)
        except StoreUnavailable as fault:
            self._fault = str(fault)
            raise
        finally:
            if is_trying:
                self._trying.release()
        self._fault = ""
        return reader


class _Reader:
    """One thread's connection; the thread's end drops it, and that closes it."""

    def __init__(self, database: Database) -> None:
        self._process = os.getpid()
        self._connection = database.connect_reading()
        self._view = Views(ReadSession(self._connection))
        self._lock = threading.RLock()  # against close alone
        self._is_reading = False
        self._is_closed = False

    @property
    def is_stale(self) -> bool:
        """Whether nothing more is to be read here: closed, or the database is another one now."""
        return not self._is_reading and (self._is_closed or self._connection.is_stale)

    def read(self, work: Callable[[View], T]) -> T:
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("the store was closed, or its database lost, just now")
            if self._is_reading:
                return work(self._view)  # a read inside a read sees the same moment
            self._is_reading = True
            try:
                self._connection.begin()
                return work(self._view)
            finally:
                self._is_reading = False
                self._connection.end()

    def close(self, *, patience: float = -1) -> bool:
        self._is_closed = True  # nobody begins to read here any more
        if not self._lock.acquire(timeout=patience):
            return False
        try:
            self._connection.close()
        finally:
            self._lock.release()
        return True

    def __del__(self) -> None:
        if "_connection" not in vars(self):
            return  # it was not opened
        if self._process == os.getpid():
            self._connection.close()
        else:
            # After a fork: of a thread that is not here, and may have been in the midst of a read.
            # To close it would be to wait for ever, and on a network to hang up the parent's line.
            _INHERITED.append(self._connection)
