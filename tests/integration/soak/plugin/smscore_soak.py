"""
A plugin for soaks: a channel that carries nothing, and tells what nobody sees from outside.

Every few seconds it writes into the file of its options how many tasks and which threads there are.
With ``SMSCORE_SOAK_MEMORY`` in the environment it also writes which lines hold most memory.
"""

import asyncio
import gc
import json
import os
import threading
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import attrs
from smscore_instant import InstantTransport

from smscore.hookspecs import hookimpl
from smscore.ports.transport import Capabilities, Journal, TransportSink
from smscore.registry import Registry

_EVERY = 2.0  # seconds
_FRAMES = 12


@attrs.frozen
class _Options:
    file: str


class WatchedTransport(InstantTransport):
    """Looks from inside."""

    def __init__(self, name: str, options: _Options) -> None:
        super().__init__(name)
        self._file = Path(options.file)
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def open(self, sink: TransportSink, journal: Journal) -> None:
        super().open(sink, journal)
        if "SMSCORE_SOAK_MEMORY" in os.environ:
            tracemalloc.start(_FRAMES)
        self._watching.start()

    def close(self) -> None:
        self._over.set()
        self._watching.join()
        super().close()

    def _watch(self) -> None:
        loop: asyncio.AbstractEventLoop | None = None
        while not self._over.wait(_EVERY):
            # The server's loop is told by the first task that was not there before its memory was
            # frozen: the one of a request.
            loop = loop or next(iter(_loops()), None)
            tasks = 0 if loop is None else len(asyncio.all_tasks(loop))
            threads = sorted(thread.name for thread in threading.enumerate())
            told = {"tasks": tasks, "threads": threads, "memory": _most()}
            partial = self._file.with_suffix(".new")
            partial.write_text(json.dumps(told))
            partial.replace(self._file)


def _loops() -> Sequence[asyncio.AbstractEventLoop]:
    return [one.get_loop() for one in gc.get_objects() if isinstance(one, asyncio.Task)]


def _most() -> Sequence[str]:
    """The lines that hold most, if that is wanted."""
    if not tracemalloc.is_tracing():
        return ()
    found = tracemalloc.take_snapshot().statistics("traceback")[:25]
    return [f"{one.size} B in {one.count}: {' < '.join(one.traceback.format())}" for one in found]


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the kind ``watched``."""
    registry.transport(
        kind="watched",
        options=_Options,
        make=WatchedTransport,
        capabilities=Capabilities(delivery_reports=True),
    )
