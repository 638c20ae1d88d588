"""
A gateway as operators run it, for being killed: its processes, modems, a database.
"""

import itertools
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import storage
from installation import HOSTS, POLICIES, config, furnish
from process import Process

import smscore
from smscore.domain.deliveries import Status
from smscore_modem.simulator import ModemSimulator

__all__ = ["LAYOUTS", "World"]

LAYOUTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "one": {"server": ()},
    "several": {
        "api-1": ("--role", "api"),
        "api-2": ("--role", "api"),
        "channels-1": ("--role", "channels"),
        "channels-2": ("--role", "channels"),
    },
}
"""By name: the processes of a gateway, and their options."""

_PATIENCE, _LOOK = 60.0, 0.1  # seconds; a channel may pause for half of it before it goes on
_PLUGINS = (Path(__file__).parent / "plugin", Path(__file__).parents[2])  # and what it imports


class World:
    """
    Start, kill and restart the gateway; the modems and the log of what they took live on.

    A *life* lasts until the next death: that of a process, or of the database under it; ``life``
    counts them. Alive within a ``with`` block.
    """

    def __init__(self, directory: Path, *, store: str = "sqlite", layout: str = "one") -> None:
        self.directory = directory.absolute()
        self.store = store
        self.log = self.directory / "simulator.log"
        self.notes = self.directory / "killed.log"
        self.is_up = threading.Event()
        self.is_gone = threading.Event()  # for whoever waits for the server to come back
        self.life = 0
        self.notes_before = 0  # how many there were when the life began
        self.was_killed = False  # the last time
        self.has_lost_database = False
        self.on_up: Callable[[], None] = lambda: None
        self.on_stop: Callable[[], None] = lambda: None
        self._taken_before: list[int] = []  # by life: how many parts the network had by then
        links = self.directory / "modems"
        links.mkdir(parents=True, exist_ok=True)
        self.simulator = ModemSimulator(modems=len(POLICIES), log=self.log, link_dir=links)
        self.processes = {
            name: Process(self.directory, *options) for name, options in LAYOUTS[layout].items()
        }
        self.has_several = len(self.processes) > 1
        self._doors = [name for name in self.processes if not name.startswith("channels")]
        self._resources = ExitStack()

    @property
    def origin(self) -> str:
        """Where callers are answered, or at one of the places if there are several."""
        return self.processes[random.choice(self._doors)].origin

    @property
    def server_log(self) -> Path:
        """What all processes have logged."""
        return self.directory / "server.log"

    def start(self, *, kill_at: str | None = None, whom: str = "server") -> None:
        """
        Start all processes that do not run, and do not wait for them.

        With ``kill_at`` they run with the plugin of the kill points, otherwise as it is delivered;
        ``whom``: itself or the ``database``.
        """
        self._begin_life()
        environment: dict[str, str] = {}
        if kill_at is not None:
            path = [*map(str, _PLUGINS), *filter(None, [os.environ.get("PYTHONPATH")])]
            environment["PYTHONPATH"] = os.pathsep.join(path)
            environment["SMSCORE_KILL_AT"] = kill_at
            environment["SMSCORE_KILL_NOTES"] = str(self.notes)
            if whom == "database":
                environment["SMSCORE_KILL_POSTGRES"] = str(self.database.process)
        how = f"{kill_at}, the {whom}" if kill_at else "as delivered"
        for name, process in self.processes.items():
            if not process.is_running:
                process.start(
                    self._config_of(name) if kill_at is None else "fragile.toml",
                    told=f"life {self.life}, {name}: {how}",
                    environment=environment,
                )

    def await_up(self) -> bool:
        """Wait until all processes answer; False: one died before."""
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.03)):
            if not self.is_alive:
                return False
            if all(process.has_begun or process.answers() for process in self.processes.values()):
                self.is_up.set()
                self.on_up()
                return True
            pause.wait(0.03)
        raise AssertionError("the server did not come up")

    def restore_database(self) -> None:
        """Start the database that has ended; the server, which has lost it, begins another life."""
        self._begin_life()
        self.has_lost_database = True
        self.database.start()

    def lines_of_notes(self) -> Sequence[str]:
        """What was written down at the points at which somebody died."""
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def await_work(self) -> None:
        """Wait until all is mended that was held when somebody died."""
        held = self._held()
        pause = threading.Event()
        for _ in range(int(_PATIENCE / _LOOK)):
            if held.isdisjoint(self._held()):
                return
            pause.wait(_LOOK)
        raise AssertionError(f"the server does not go on with {held & self._held()}")

    @property
    def database(self) -> storage.Server:
        """The one that can be killed."""
        assert isinstance(self._storage, storage.Server), "this world has a file"
        return self._storage

    @property
    def is_alive(self) -> bool:
        """Whether all processes run at this moment."""
        return all(process.is_alive for process in self.processes.values())

    def kill(self) -> None:
        """End all processes as a power cut does."""
        for process in self.processes.values():
            process.kill()

    def kill_one(self, name: str) -> None:
        """End one process as a power cut does; the others begin another life."""
        process = self.processes[name]
        assert process.is_alive, f"{name} ended by itself"
        process.kill()
        assert process.await_end(_PATIENCE) is not None, f"{name} does not end"
        self.was_killed = True
        self._begin_life()

    def ask_to_stop(self) -> None:
        """End all processes as an operator does."""
        self.on_stop()
        for process in self.processes.values():
            process.ask_to_stop()

    def await_end(self, timeout: float = _PATIENCE) -> bool:
        """
        Wait until all processes are gone; False: one runs still.

        Raises:
            AssertionError: one ended by itself, and not in order.
        """
        ends_at = time.monotonic() + timeout
        for name, process in self.processes.items():
            if process.is_running:
                has_begun = process.has_begun
                status = process.await_end(max(0.0, ends_at - time.monotonic()))
                if status is None:
                    return False
                self.was_killed = status != 0
                is_right = self._is_right(status, has_begun=has_begun)
                assert is_right, f"{name} ended with status {status}"
        self.is_up.clear()
        return True

    def taken(self) -> Sequence[Sequence[dict[str, str]]]:
        """The lines of the modems' log: what the network took, by the lives of the server."""
        lines = self._taken()
        places = [*self._taken_before, len(lines)]
        return [lines[begin:end] for begin, end in itertools.pairwise(places)]

    def open(self) -> smscore.Gateway:
        """A gateway on the same database, beside the server."""
        return smscore.build(smscore.GatewayConfig.from_toml(self.directory / "smscore.toml"))

    def __enter__(self) -> Self:
        self._resources.enter_context(self.simulator)
        self._storage = self._resources.enter_context(storage.a_storage(self.store, self.directory))
        self._resources.callback(self._end_processes)
        url, ports = self._storage.url, self.simulator.ports
        plain = self.directory / "smscore.toml"
        hosts = HOSTS if self.has_several else {}
        plain.write_text(config(store=url, transport="modem", ports=ports, hosts=hosts))
        for name in self.processes if self.has_several else ():
            server = f'\n[server]\nname = "{name}"\n'
            (self.directory / self._config_of(name)).write_text(plain.read_text() + server)
        fragile = config(store=f"fragile:{url}", transport="fragile-modem", ports=ports)
        (self.directory / "fragile.toml").write_text(fragile)
        self.credentials = furnish(plain)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_gone.set()
        self._resources.close()

    def _config_of(self, name: str) -> str:
        return f"{name}.toml" if self.has_several else "smscore.toml"

    def _is_right(self, status: int, *, has_begun: bool) -> bool:
        if status in (0, -signal.SIGKILL):
            return True
        # Without its database it does not begin.
        is_without = self.store == "postgresql" and not self.database.is_running
        return is_without and status == 1 and not has_begun

    def _held(self) -> set[tuple[int, int]]:
        """What channels have begun, and which of its events that was; reports are others."""
        with self.open() as gateway:
            found = gateway.inquiry.messages(statuses=[Status.SENDING], limit=10_000)
            held = [one.message.id for one in found if one.delivery.channel in POLICIES]
            stories = gateway.store.read(lambda view: [view.events.of(one) for one in held])
        begun = [event for story in stories for event in story if event.kind == "message.sending"]
        newest = {event.message: event.sequence for event in begun}
        return set(newest.items())

    def _begin_life(self) -> None:
        self._taken_before.append(len(self._taken()))
        self.notes_before = len(self.lines_of_notes())
        self.life += 1

    def _end_processes(self) -> None:
        self.kill()
        for process in self.processes.values():
            if process.is_running:
                process.await_end(_PATIENCE)

    def _taken(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]
