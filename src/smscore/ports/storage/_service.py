"""
What the server itself keeps: apps that it hands out, and the processes that run.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from smscore.domain.apps import AppVersion
from smscore.domain.deliveries import ProcessId
from smscore.ports.storage._values import Process, Right, ServerFacts

__all__ = ["Apps", "AppsView", "Processes", "ProcessesView"]


class AppsView(Protocol):
    """Versions of the app for phones: they are few."""

    def get(self, code: int) -> AppVersion | None: ...

    def all(self) -> Sequence[AppVersion]:
        """The highest code first."""
        ...


class Apps(AppsView, Protocol):
    def put(self, version: AppVersion) -> None:
        """Replaces the version of the same code, if there is one."""
        ...


class ProcessesView(Protocol):
    def all(self) -> Sequence[Process]: ...

    def rights(self) -> Mapping[str, Right]:
        """Who has which right, by its name."""
        ...


class Processes(ProcessesView, Protocol):
    def lease(self, *, now: datetime) -> ProcessId:
        """
        A number from 0 to 1023: the lowest that nobody has.

        If somebody has each of them, that of the process whose heartbeat is the longest ago.
        """
        ...

    def release(self, process: ProcessId) -> None:
        """Give a number back, and the rights of whoever had it."""
        ...

    def beat(
        self, process: ProcessId, *, now: datetime, about: ServerFacts | None = None
    ) -> None: ...

    def take(self, right: Right, *, instead_of: ProcessId | None = None) -> bool:
        """
        Have a right that nobody else has, or that this one had; says whether it was so.

        Of two that try one succeeds.
        """
        ...

    def give_back(self, name: str, process: ProcessId) -> None:
        """Let others have a right; if this process does not have it nothing changes."""
        ...
