"""
Processes: the numbers that are given to them, and when they were heard of last.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from smscore.domain.deliveries import ProcessId
from smscore.errors import StoreError
from smscore.ports.storage import Process
from smscore_sqlmodel._columns import PROCESSES
from smscore_sqlmodel._mapping import from_micros, micros
from smscore_sqlmodel._sessions import Session
from smscore_sqlmodel._statements import deletion, replacement, selection
from smscore_sqlmodel._writing import WriteSession

__all__ = ["Processes", "ProcessesView"]

_PROCESSES = selection(PROCESSES, "ORDER BY id")
_RELEASE = deletion(PROCESSES, "WHERE id = ?")
_LONGEST_SILENT = selection(PROCESSES, "ORDER BY heartbeat_at, id LIMIT 1")
_BEAT = replacement(PROCESSES)
_NUMBERS = 1024
_ALIVE = timedelta(seconds=30)


class ProcessesView:
    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> Sequence[Process]:
        return [
            Process(id=ProcessId(number), heartbeat_at=from_micros(heartbeat_at))
            for number, heartbeat_at in self._session.fetch(_PROCESSES)
        ]


class Processes(ProcessesView):
    def __init__(self, session: WriteSession) -> None:
        super().__init__(session)
        self._writer = session

    def lease(self, *, now: datetime) -> ProcessId:
        self._writer.alone("processes")
        number = self._free_number(now)
        self.beat(number, now=now)
        return number

    def beat(self, process: ProcessId, *, now: datetime) -> None:
        self._writer.change(_BEAT.sql, (process, micros(now)))

    def release(self, process: ProcessId) -> None:
        self._writer.change(_RELEASE, (process,))

    def _free_number(self, now: datetime) -> ProcessId:
        self._session.settle()
        taken = {number for number, _ in self._session.fetch(_PROCESSES)}
        free = min(set(range(_NUMBERS)) - taken, default=None)
        if free is not None:
            return ProcessId(free)
        ((number, heartbeat_at),) = self._session.fetch(_LONGEST_SILENT)
        if now - from_micros(heartbeat_at) < _ALIVE:
            raise StoreError(f"all {_NUMBERS} process numbers are in use")
        return ProcessId(number)
