"""
Processes: the numbers that are given to them, and when they were heard of last.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.deliveries import ProcessId
from smscore.errors import StoreError
from smscore.ports.storage import Process, Right, ServerFacts
from smscore_sqlmodel._columns import PROCESSES, RIGHTS
from smscore_sqlmodel._mapping import from_micros, micros, to_json
from smscore_sqlmodel._sessions import Reads
from smscore_sqlmodel._statements import deletion, replacement, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Processes", "ProcessesView"]

_PROCESSES = selection(PROCESSES, "ORDER BY id")
_RIGHTS = selection(RIGHTS)
_TAKE = replacement(RIGHTS, where="WHERE smscore_rights.process IN (?, ?)")
_GIVE_BACK = deletion(RIGHTS, "WHERE name = ? AND process = ?")
_GIVE_ALL_BACK = deletion(RIGHTS, "WHERE process = ?")
_RELEASE = deletion(PROCESSES, "WHERE id = ?")
_LONGEST_SILENT = selection(PROCESSES, "ORDER BY heartbeat_at, id LIMIT 1")
_BEAT = replacement(PROCESSES)
_NUMBERS = 1024
_ALIVE = timedelta(seconds=30)
_TOLD = frozenset(field.name for field in attrs.fields(ServerFacts))


class ProcessesView(Reads):
    def all(self) -> Sequence[Process]:
        return [
            Process(
                id=ProcessId(number), heartbeat_at=from_micros(heartbeat_at), about=_facts(about)
            )
            for number, heartbeat_at, about in self._session.fetch(_PROCESSES)
        ]

    def rights(self) -> Mapping[str, Right]:
        return {
            name: Right(
                name=name, process=ProcessId(process), server=server, since=from_micros(since)
            )
            for name, process, server, since in self._session.fetch(_RIGHTS)
        }


class Processes(Writes, ProcessesView):
    def lease(self, *, now: datetime) -> ProcessId:
        self._writer.alone("processes")
        number = self._free_number(now)
        self.release(number)
        self.beat(number, now=now)
        return number

    def beat(self, process: ProcessId, *, now: datetime, about: ServerFacts | None = None) -> None:
        told = None if about is None else _facts_to_text(about)
        self._writer.change(_BEAT.sql, (process, micros(now), told))

    def release(self, process: ProcessId) -> None:
        self._writer.change(_GIVE_ALL_BACK, (process,))
        self._writer.change(_RELEASE, (process,))

    def take(self, right: Right, *, instead_of: ProcessId | None = None) -> bool:
        cells = (right.name, right.process, right.server, micros(right.since))
        other = right.process if instead_of is None else instead_of
        return self._writer.change(_TAKE.sql, (*cells, right.process, other)) > 0

    def give_back(self, name: str, process: ProcessId) -> None:
        self._writer.change(_GIVE_BACK, (name, process))

    def _free_number(self, now: datetime) -> ProcessId:
        self._session.settle()
        taken = {number for number, *_ in self._session.fetch(_PROCESSES)}
        free = min(set(range(_NUMBERS)) - taken, default=None)
        if free is not None:
            return ProcessId(free)
        ((number, heartbeat_at, _),) = self._session.fetch(_LONGEST_SILENT)
        if now - from_micros(heartbeat_at) < _ALIVE:
            raise StoreError(f"all {_NUMBERS} process numbers are in use")
        return ProcessId(number)


def _facts_to_text(about: ServerFacts) -> str:
    return to_json(attrs.asdict(about) | {"started_at": micros(about.started_at)}).decode()


def _facts(text: str | None) -> ServerFacts | None:
    if text is None:
        return None
    # A server of another version may tell more.
    told = {key: value for key, value in json.loads(text).items() if key in _TOLD}
    return ServerFacts(
        **told
        | {
            "started_at": from_micros(told["started_at"]),
            "channels": tuple(told["channels"]),
            "bound": tuple(told["bound"]),
        }
    )
