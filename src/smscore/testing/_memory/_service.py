"""
Apps and processes, in dictionaries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from smscore.domain.apps import AppVersion
from smscore.domain.deliveries import ProcessId
from smscore.errors import StoreError
from smscore.ports.storage import Process, Right, ServerFacts, TraceKind
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
        self._rights: dict[str, Right] = {}

    def all(self) -> Sequence[Process]:
        return sorted(self._processes.values(), key=lambda process: process.id)

    def rights(self) -> Mapping[str, Right]:
        return dict(self._rights)

    def lease(self, *, now: datetime) -> ProcessId:
        free = set(range(_PROCESSES)) - set(self._processes)
        number = ProcessId(min(free, default=_PROCESSES))
        if not free:
            oldest = min(self._processes.values(), key=lambda process: process.heartbeat_at)
            if now - oldest.heartbeat_at < _ALIVE:
                raise StoreError(f"all {_PROCESSES} process numbers are in use")
            number = oldest.id
        self.release(number)
        self.beat(number, now=now)
        return number

    def release(self, process: ProcessId) -> None:
        if process in self._processes:
            self._log.drop(self._processes, process)
        for name in list(self._rights):
            self.give_back(name, process)

    def beat(self, process: ProcessId, *, now: datetime, about: ServerFacts | None = None) -> None:
        beaten = Process(id=process, heartbeat_at=now, about=about)
        self._log.put(self._processes, process, beaten)

    def take(self, right: Right, *, instead_of: ProcessId | None = None) -> bool:
        had = self._rights.get(right.name)
        if had is not None and had.process not in (right.process, instead_of):
            return False
        self._log.put(self._rights, right.name, right)
        return True

    def give_back(self, name: str, process: ProcessId) -> None:
        had = self._rights.get(name)
        if had is not None and had.process == process:
            self._log.drop(self._rights, name)
