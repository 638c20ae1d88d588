"""
A plugin for soaks: a channel that carries nothing, and tells what nobody sees from outside.

Every few seconds it writes into the file of its options how many tasks and which threads there are.
With ``SMSCORE_SOAK_MEMORY`` in the environment it also writes which lines hold more memory than
after the first minutes, most first: of what Python holds, and not of what SQLite does.
"""

import asyncio
import json
import os
import sys
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
_FRAMES = 3
_LOOKS, _FIRST_LOOK, _PLACES = 15, 75, 25


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
        memory = _Memory()
        while not self._over.wait(_EVERY):
            loop = loop or _loop_of_the_server()
            tasks = 0 if loop is None else len(asyncio.all_tasks(loop))
            threads = sorted(thread.name for thread in threading.enumerate())
            told = {"tasks": tasks, "threads": threads, "memory": memory.growth()}
            partial = self._file.with_suffix(".new")
            partial.write_text(json.dumps(told))
            partial.replace(self._file)


def _loop_of_the_server() -> asyncio.AbstractEventLoop | None:
    """The one that the main thread runs, as soon as it does."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        for value in frame.f_locals.values():
            if isinstance(value, asyncio.Task):
                return value.get_loop()
            if isinstance(value, asyncio.AbstractEventLoop):
                return value
        frame = frame.f_back
    return None


class _Memory:
    """Who holds more memory than at first."""

    def __init__(self) -> None:
        self._looks = 0
        self._first: tracemalloc.Snapshot | None = None
        self._growth: Sequence[str] = ()

    def growth(self) -> Sequence[str]:
        """A line for each place, as it was at the last look: one takes its time."""
        self._looks += 1
        if not tracemalloc.is_tracing() or self._looks % _LOOKS:
            return self._growth
        now = tracemalloc.take_snapshot()
        if self._first is not None:
            found = now.compare_to(self._first, "traceback")[:_PLACES]
            held, _ = tracemalloc.get_traced_memory()
            self._growth = [
                f"{held} B are held in all",
                *(f"{one.size_diff:+} B: {' < '.join(one.traceback.format())}" for one in found),
            ]
        elif self._looks >= _FIRST_LOOK:
            self._first = now
        return self._growth


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the kind ``watched``."""
    registry.transport(
        kind="watched",
        options=_Options,
        make=WatchedTransport,
        capabilities=Capabilities(delivery_reports=True),
    )
