"""
The one thread that writes: takes units of work, applies them in batches, commits, tells.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from smscore.domain.messages import AccountId
from smscore.errors import GatewayError, StoreError, StoreUnavailable
from smscore.ports.measurement import Meter
from smscore_sqlmodel._database import Database, Disturbed, Writing
from smscore_sqlmodel._futures import Job
from smscore_sqlmodel._lanes import Lanes
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
_MOST_DISTURBANCES = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


class Writer:
    """
    Works on a thread of its own until the lanes are closed and empty.

    A batch is whatever waits, up to its limits: the busier the store, the more units share one
    commit. One that would be smaller than the batch before is given a moment to gather, for units
    come in bursts, and a commit costs as much as ten of them; who comes alone does not wait.
    Outcomes are told after the commit, and those of raising units as well: what made them raise may
    have been rolled back.

    Where other processes write at the same time, a batch is chosen before it begins, for then it
    has to say whose accounts it changes. A unit that needs others goes into the next one, and so
    does a whole batch that another process has come into.

    Raises:
        StoreUnavailable: the database cannot be opened.
    """

    def __init__(
        self,
        database: Database,
        *,
        lanes: Lanes,
        wakeups: Wakeups,
        drop_readers: Callable[[], bool],
        renew_lock: Callable[[], None],
        meters: Sequence[Meter],
        now: Callable[[], float],
    ) -> None:
        self._database = database
        self._lanes = lanes
        self._wakeups = wakeups
        self._drop_readers = drop_readers
        self._renew_lock = renew_lock
        self._meters = meters  # of whom there may be more later
        self._now = now
        self._pause = _FIRST_PAUSE
        self._said = ""  # of the fault that there is
        self._newest_size = 0  # of a batch, in units
        self._chosen: deque[Job[Any]] = deque()  # for the next batches, before what waits
        self._later: list[Job[Any]] = []  # units of this batch that are done again in the next one
        self._disturbances = 0
        self._connection: Writing | None = None
        # Opened here and not by the thread: from now on no other process's commit is missed.
        self._connect()
        self.thread = threading.Thread(target=self._run, name="smscore store", daemon=True)
        self.thread.start()

    def _connect(self) -> Writing:
        connection = self._database.connect_writing()
        self._session = WriteSession(connection)
        self._unit = Unit(self._session)
        self._connection = connection
        return connection

    def _disconnect(self, *, at_the_end: bool = False) -> None:
        if self._connection is None or (self._connection.has_to_stay and not at_the_end):
            return
        if not self._connection.is_orphaned or self._drop_readers():
            self._connection.close()
            self._connection = None

    def _run(self) -> None:
        while True:
            has_units = bool(self._chosen) or self._lanes.wait(_LOOK_AROUND)
            if has_units and not (self._chosen or self._lanes.count):
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
        self._disconnect(at_the_end=True)

    def _work(self) -> None:
        """One batch."""
        batch: list[Job[Any]] = []
        try:
            self._begin()
            self._fill(batch)
            began = time.monotonic()
            if self._session.failure is None:
                self._session.commit()
            if self._session.failure is not None:
                self._apply_apart(batch)
                self._session.commit()
                self._session.check()
            took = time.monotonic() - began
        except Disturbed as error:
            if self._disturbances >= _MOST_DISTURBANCES:
                self._fail(batch, error)
                raise
            self._repeat(batch)
            return
        except Exception as error:
            self._fail(batch, error)
            raise
        finally:
            self._chosen.extendleft(reversed(self._later))
            self._later.clear()
        self._pause = _FIRST_PAUSE
        if self._said:
            self._said = ""
            _log.warning("the database is used again")
        self._disturbances = 0
        self._newest_size = len(batch)
        self._wakeups.set(self._session.topics)
        for job in batch:
            job.resolve()
        for meter in self._meters:
            meter.committed(units=len(batch), seconds=took)

    def _begin(self) -> None:
        try:
            connection = self._connection or self._connect_again()
            connection.check()
            if self._session.locks_accounts:
                self._choose(_MOST_UNITS)
            if self._session.begin(_accounts_of(self._chosen)):
                self._hear_of_others(connection)
        except Disturbed:
            raise
        except Exception as error:
            self._refuse_waiting(error)
            raise

    def _connect_again(self) -> Writing:
        self._renew_lock()
        connection = self._connect()
        self._wakeups.set_all()  # whatever happened in between was not seen
        return connection

    def _choose(self, most: float) -> None:
        while len(self._chosen) < most and (job := self._lanes.take()) is not None:
            self._chosen.append(job)

    def _fill(self, batch: list[Job[Any]]) -> None:
        """Apply what waits, until the batch is full or one unit has spoilt it."""
        session, ends_at = self._session, time.monotonic() + _LONGEST_BATCH
        while (job := self._next()) is not None:
            if not job.begin(self._now):
                continue
            batch.append(job)
            if not self._apply(job):
                self._later.append(batch.pop())
            if (
                session.failure is not None
                or len(batch) >= _MOST_UNITS
                or session.row_count >= _MOST_ROWS
                or time.monotonic() >= ends_at
            ):
                return

    def _next(self) -> Job[Any] | None:
        if self._chosen:
            return self._chosen.popleft()
        return None if self._session.locks_accounts else self._lanes.take()

    def _apply_apart(self, batch: list[Job[Any]]) -> None:
        """
        Do it all again, with each unit's rows written by itself: only the guilty one fails.

        All of them, since what a unit saw of others may not have been kept.
        """
        self._session.check_connection()
        self._session.rollback()
        if self._session.begin(_accounts_of(batch)):
            self._wakeups.set_all()
        for job in tuple(batch):
            if not self._apply(job, at_once=True):
                batch.remove(job)
                self._later.append(job)
            self._session.check_connection()

    def _apply(self, job: Job[Any], *, at_once: bool = False) -> bool:
        """Whether that was it; else it is to be done again in another batch."""
        returned = job.apply(self._unit)
        if undeclared := self._session.undeclared:
            job.accounts = {*job.accounts, *undeclared}
            self._session.drop_unit()
            return False
        if not returned:
            self._session.drop_unit()
            if job.is_worth_a_try and self._session.failure is None:
                job.was_repeated = True
                return False
        elif refusal := self._session.keep_unit(at_once=at_once):
            job.spoil(refusal)
        return True

    def _repeat(self, batch: list[Job[Any]]) -> None:
        """Another process came in between."""
        self._disturbances += 1
        self._chosen.extendleft(reversed(batch))
        self._session.rollback()

    def _fail(self, batch: list[Job[Any]], error: Exception) -> None:
        for job in batch:
            job.fail(_unavailable(error))
        self._session.forget()  # if this connection is used again, without the batch

    def _look_around(self) -> None:
        if self._connection is None:
            return
        self._connection.check()
        if self._session.notice_others():
            self._hear_of_others(self._connection)

    def _hear_of_others(self, connection: Writing) -> None:
        """Another process has committed, on whatever topics; it may have been a migration."""
        connection.check_schema()
        self._wakeups.set_all()

    def _stumble(self, error: Exception) -> None:
        """Start again with a new connection, after a pause that grows."""
        for meter in self._meters:
            meter.stumbled()
        self._tell(error)
        self._disconnect()
        self._lanes.pause(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _tell(self, error: Exception) -> None:
        """A bug with its traceback; what an operator has to mend in one line, and once."""
        if not isinstance(error, StoreError):
            self._said = self._said or "a bug"
            _log.error("the database failed; trying again in %.1f s", self._pause, exc_info=error)
            return
        if self._said != str(error):
            self._said = str(error)
            _log.error("nothing can be written, and it is tried again: %s", error)
        _log.debug("trying again in %.1f s", self._pause, exc_info=error)

    def _refuse_waiting(self, error: Exception) -> None:
        self._choose(math.inf)
        while self._chosen:
            self._chosen.popleft().refuse(_unavailable(error))


def _accounts_of(jobs: Iterable[Job[Any]]) -> Collection[AccountId]:
    return {account for job in jobs for account in job.accounts}


def _unavailable(error: Exception) -> StoreUnavailable:
    """A new one for each caller: whoever raises it writes into its traceback."""
    is_ours = isinstance(error, GatewayError)
    unavailable = StoreUnavailable(str(error) if is_ours else f"the database failed: {error}")
    unavailable.__cause__ = error.__cause__ or error
    return unavailable
