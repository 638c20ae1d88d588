"""
The one thread that writes: takes units of work, applies them in batches, commits, tells.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._futures import Job
from smscore_sqlmodel._lanes import Lanes
from smscore_sqlmodel._presence import OpenedFiles
from smscore_sqlmodel._sqlite import SqliteFile, translated
from smscore_sqlmodel._units import Unit
from smscore_sqlmodel._wakeups import Wakeups
from smscore_sqlmodel._writing import WriteSession

__all__ = ["Writer"]

_log = logging.getLogger(__name__)

_MOST_UNITS = 500
_MOST_ROWS = 5_000
_LONGEST_BATCH = 0.02  # seconds: other processes want to write as well
_LOOK_AROUND = 0.25  # seconds between two looks for their commits
_GATHERING = 0.0005  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Writer:
    """
    Works on a thread of its own until the lanes are closed and empty.

    A batch is whatever waits, up to its limits: the busier the store, the more units share one
    commit. One that would be smaller than the batch before is given a moment to gather, for units
    come in bursts, and a commit costs as much as ten of them; who comes alone does not wait.
    Outcomes are told after the commit, and those of raising units as well: what made them raise may
    have been rolled back.

    Raises:
        StoreUnavailable: the file cannot be opened.
    """

    def __init__(
        self,
        file: SqliteFile,
        *,
        lanes: Lanes,
        wakeups: Wakeups,
        drop_readers: Callable[[], bool],
        renew_lock: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._file = file
        self._lanes = lanes
        self._wakeups = wakeups
        self._drop_readers = drop_readers
        self._renew_lock = renew_lock
        self._now = now
        self._pause = _FIRST_PAUSE
        self._newest_size = 0  # of a batch, in units
        self._connection: sqlite3.Connection | None = None
        # Opened here and not by the thread: from now on no other process's commit is missed.
        self._connect()
        self.thread = threading.Thread(target=self._run, name="smscore store", daemon=True)
        self.thread.start()

    def _connect(self) -> None:
        try:
            connection = self._file.connect_writer()
            try:
                self._files = OpenedFiles(self._file, connection)
                self._session = WriteSession(connection)
            except Exception:
                connection.close()
                raise
        except sqlite3.Error as cause:
            raise translated(cause) from cause
        self._connection = connection
        self._unit = Unit(self._session)

    def _disconnect(self) -> None:
        if self._connection is None:
            return
        # With the last connection SQLite brings into the database what a deleted log holds, and
        # nobody else could. And whoever came while one is left would share its index of that log.
        if self._files.are_there or self._drop_readers():
            self._connection.close()
            self._connection = None

    def _run(self) -> None:
        while True:
            has_units = self._lanes.wait(_LOOK_AROUND)
            if has_units and not self._lanes.count:
                break  # and closed
            try:
                if has_units:
                    if self._lanes.count < self._newest_size:
                        self._lanes.pause(_GATHERING)
                    self._work()
                else:
                    self._look_around()
            except Exception as error:  # noqa: BLE001  # a thread's runner; it is logged there
                self._stumble(error)
        self._disconnect()

    def _work(self) -> None:
        """One batch."""
        self._begin()
        batch: list[Job[Any]] = []
        try:
            self._fill(batch)
            if self._session.failure is None:
                self._session.flush()
            if self._session.failure is not None:
                self._apply_apart(batch)
            self._session.commit()
            self._files.check()
        except Exception as error:
            for job in batch:
                job.fail(_unavailable(error))
            self._session.forget()  # if this connection is used again, without the batch
            raise
        self._pause = _FIRST_PAUSE
        self._newest_size = len(batch)
        self._wakeups.set(self._session.topics)
        for job in batch:
            job.resolve()

    def _begin(self) -> None:
        try:
            if self._connection is None:
                self._renew_lock()
                self._connect()
                _log.warning("the database is used again")
                self._wakeups.set_all()  # whatever happened in between was not seen
            self._files.check()
            if self._session.begin():
                self._hear_of_others()
        except Exception as error:
            self._refuse_waiting(error)
            raise

    def _fill(self, batch: list[Job[Any]]) -> None:
        """Apply what waits, until the batch is full or one unit has spoilt it."""
        session, ends_at = self._session, time.monotonic() + _LONGEST_BATCH
        while (job := self._lanes.take()) is not None:
            if not job.begin(self._now):
                continue
            batch.append(job)
            self._apply(job)
            if (
                session.failure is not None
                or len(batch) >= _MOST_UNITS
                or session.row_count >= _MOST_ROWS
                or time.monotonic() >= ends_at
            ):
                return

    def _apply_apart(self, batch: list[Job[Any]]) -> None:
        """
        Do it all again, with each unit's rows written by itself: only the guilty one fails.

        All of them, since what a unit saw of others may not have been kept.
        """
        self._session.check_connection()
        self._session.rollback()
        if self._session.begin():
            self._wakeups.set_all()
        for job in batch:
            self._apply(job, at_once=True)
            self._session.check_connection()

    def _apply(self, job: Job[Any], *, at_once: bool = False) -> None:
        if not job.apply(self._unit):
            self._session.drop_unit()
        elif refusal := self._session.keep_unit(at_once=at_once):
            job.spoil(refusal)

    def _look_around(self) -> None:
        if self._connection is None:
            return
        self._files.check()
        if self._session.notice_others():
            self._hear_of_others()

    def _hear_of_others(self) -> None:
        """Another process has committed, on whatever topics; it may have been a migration."""
        if self._connection is not None:
            self._file.check_opened(self._connection)
        self._wakeups.set_all()

    def _stumble(self, error: Exception) -> None:
        """Start again with a new connection, after a pause that grows."""
        _log.error("the database failed; trying again in %.1f s", self._pause, exc_info=error)
        self._disconnect()
        self._lanes.pause(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _refuse_waiting(self, error: Exception) -> None:
        while (job := self._lanes.take()) is not None:
            job.refuse(_unavailable(error))


def _unavailable(error: Exception) -> StoreUnavailable:
    """A new one for each caller: whoever raises it writes into its traceback."""
    unavailable = StoreUnavailable(str(translated(error)))
    unavailable.__cause__ = error.__cause__ or error
    return unavailable
