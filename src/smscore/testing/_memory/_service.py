"""
Apps and processes, in dictionaries.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from smscore.domain.apps import AppVersion
from smscore.domain.deliveries import ProcessId
from smscore.errors import StoreError
from smscore.ports.storage import Process, TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryApps", "MemoryProcesses"]

_PROCESSES = 1024
_ALIVE = timedelta(seconds=30)


class MemoryApps:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._versions: dict[int, AppVersion] = {}

    def get(self, code: int) -> AppVersion | None:
        return self._versions.get(code)

    def all(self) -> Sequence[AppVersion]:
        return [version for _, version in sorted(self._versions.items(), reverse=True)]

    def put(self, version: AppVersion) -> None:
        self._log.put(self._versions, version.code, version)

    def shelves(self) -> Shelves:
        return {TraceKind.APPS: Shelf(table=self._versions, texts=("notes",))}


class MemoryProcesses:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._processes: dict[ProcessId, Process] = {}

    def all(self) -> Sequence[Process]:
        return sorted(self._processes.values(), key=lambda process: process.id)

    def lease(self, *, now: datetime) -> ProcessId:
        free = set(range(_PROCESSES)) - set(self._processes)
        number = ProcessId(min(free, default=_PROCESSES))
        if not free:
            oldest = min(self._processes.values(), key=lambda process: process.heartbeat_at)
            if now - oldest.heartbeat_at < _ALIVE:
                raise StoreError(f"all {_PROCESSES} process numbers are in use")
            number = oldest.id
        self.beat(number, now=now)
        return number

    def release(self, process: ProcessId) -> None:
        if process in self._processes:
            self._log.drop(self._processes, process)

    def beat(self, process: ProcessId, *, now: datetime) -> None:
        self._log.put(self._processes, process, Process(id=process, heartbeat_at=now))
