"""
The store on a database: one thread writes many units of work with one commit, any thread reads.
"""

import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TypeVar

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import AccountId
from smscore.errors import StoreUnavailable
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.measurement import Meter
from smscore.ports.storage import Lane, UnitOfWork, View, Wakeup
from smscore_sqlmodel._database import Ear
from smscore_sqlmodel._databases import database_at
from smscore_sqlmodel._futures import Job, UnitFuture
from smscore_sqlmodel._lanes import Lanes
from smscore_sqlmodel._readers import Readers
from smscore_sqlmodel._wakeups import Wakeups
from smscore_sqlmodel._writer import Writer

__all__ = ["SqlStore"]

T = TypeVar("T")


class SqlStore:
    """
    A :class:`smscore.ports.storage.Store` in the database that ``url`` names.

    The writing thread starts with the first unit of work or wake-up. Every process opens a store of
    its own: one that was opened before a fork refuses to work after it. Units are serial within
    a process; on PostgreSQL those of several processes are, where they name the same ``accounts``.
    Submissions wait with those of the first one.

    Raises:
        ConfigurationError: the URL names no database, or its schema is missing, older or newer.
        StoreUnavailable: it cannot be read.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self._database = database_at(url)
        self._database.check_schema()
        self._clock = clock or SystemClock()
        self._lanes = Lanes()
        self._wakeups = Wakeups()
        self._readers = Readers(self._database)
        self._server_lock = self._database.server_lock()
        self._starting = threading.Lock()
        self._writer: Writer | None = None
        self._meters: list[Meter] = []
        self._ear: Ear | None = None
        self._is_closed = False
        self._process = os.getpid()

    def run(
        self,
        work: Callable[[UnitOfWork], T],
        *,
        accounts: Sequence[AccountId] = (),
        lane: Lane = Lane.SUBMISSION,
        deadline: datetime | None = None,
    ) -> Future[T]:
        self._check_process()
        writer = self._writer or self._start()
        future: UnitFuture[T] = UnitFuture(writer.thread)
        now = self._clock.monotonic()
        last = None if deadline is None else now + self._seconds_until(deadline)
        job = Job(work, future, queued_at=now, deadline=last, accounts=accounts)
        self._lanes.put(job, lane=lane, account=accounts[0] if accounts else None)
        return future

    def read(self, work: Callable[[View], T]) -> T:
        self._check_process()
        return self._readers.read(work)

    def wakeup(self, topic: str) -> Wakeup:
        self._check_process()
        level = self._wakeups.add(topic)
        if self._writer is None and not self._is_closed:
            self._start()  # it also looks for what other processes commit
        return level

    def measure(self, meter: Meter) -> None:
        self._meters.append(meter)

    def become_server(self, process: ProcessId) -> bool:
        self._check_process()
        if self._is_closed:
            raise _closed()
        self._server_lock.acquire(process)
        return self._server_lock.is_alone

    def servers(self) -> Collection[ProcessId]:
        self._check_process()
        if self._is_closed:
            raise _closed()
        return self._server_lock.holders()

    def close(self) -> None:
        if os.getpid() != self._process:
            return  # threads, connections and lock are the parent's
        with self._starting:
            self._is_closed = True
        self._lanes.close()
        if self._writer is not None:
            self._writer.thread.join()
        if self._ear is not None:
            self._ear.close()
        self._readers.close()
        self._server_lock.release()

    def _start(self) -> Writer:
        with self._starting:
            if self._is_closed:
                raise _closed()
            if self._ear is None:
                self._ear = self._database.listen(
                    heard=self._wakeups.set, missed=self._wakeups.set_all
                )
            if self._writer is None:
                self._writer = Writer(
                    self._database,
                    lanes=self._lanes,
                    wakeups=self._wakeups,
                    drop_readers=self._readers.drop,
                    renew_lock=self._server_lock.renew,
                    meters=self._meters,
                    now=self._clock.monotonic,
                )
            return self._writer

    def _seconds_until(self, moment: datetime) -> float:
        return (moment - self._clock.now()).total_seconds()

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise StoreUnavailable(
                "the store was opened before this process was forked; open one in each process"
            )


def _closed() -> StoreUnavailable:
    return StoreUnavailable("the store is closed")
