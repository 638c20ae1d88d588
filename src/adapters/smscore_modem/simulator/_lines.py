"""
Virtual modems in memory, on virtual time: no ports, no waiting, and each run is the same.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from smscore.ports.transport import Journal, TransportSink
from smscore_modem._channel import ModemChannel
from smscore_modem._line._serial import LineLost, Port
from smscore_modem._options import ModemOptions
from smscore_modem.simulator._plug import Plug
from smscore_modem.simulator._rack import Rack
from smscore_modem.simulator._scenario import Scenario
from smscore_modem.simulator._seats import seats
from smscore_modem.simulator._submissions import Submission
from smscore_modem.simulator._virtual_time import VirtualTime
from smscore_modem.simulator._wires import PERFECT, Wire

__all__ = ["SimulatedLines"]

T = TypeVar("T")


class SimulatedLines(Rack):
    """
    Some virtual modems and their network, for a driver that takes :meth:`connect`.

    Their ports are called ``modem1`` and so on, or as a ``scenario`` says, which then also says
    what happens when; otherwise ``profiles``, ``pins``, ``wire`` and transcripts to replay as for
    :class:`ModemSimulator`. Everything happens in the order in which ``time``
    lets it happen, so call the methods from the thread that made it, or from one that it started::

        lines = SimulatedLines(time=VirtualTime())
        with lines.channel(sink, journal) as channel:
            channel.send(job)
    """

    def __init__(
        self,
        *,
        time: VirtualTime,
        modems: int = 1,
        profiles: str | Sequence[str] = (),
        pins: Sequence[str | None] = (),
        wire: Wire = PERFECT,
        replays: Sequence[Path] = (),
        scenario: Scenario | None = None,
        report_delay: float = 5.0,
        on_taken: Callable[[Submission], None] | None = None,
    ) -> None:
        self.time = time
        chosen = scenario.seats() if scenario is not None else None
        if scenario is not None and scenario.report_delay is not None:
            report_delay = scenario.report_delay
        super().__init__(
            seats=chosen
            or seats(modems=modems, profiles=profiles, pins=pins, wire=wire, replays=replays),
            clock=time,
            later=self._after,
            monotonic=time.monotonic,
            report_delay=report_delay,
            on_taken=on_taken,
        )
        self._names = list(self.names)
        self._renamings = [0] * len(self._names)
        self._clients: list[_Client | None] = [None] * len(self._names)
        self._insert_all()
        if scenario is not None:
            self._follow(scenario.steps)

    @property
    def ports(self) -> tuple[str, ...]:
        """The names that clients open, of the modems that are plugged in."""
        return tuple(
            name for name, plug in zip(self._names, self._plugs, strict=True) if plug.is_in
        )

    def wait_for(self, predicate: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Whether something holds within so many seconds of this time."""
        return self.time.wait_for(predicate, timeout)

    def port(self, *, modem: int = 0) -> str:
        """The name of one modem's port, or that of its last one."""
        return self._names[modem]

    def connect(
        self,
        path: str,
        *,
        baudrate: int = 115_200,  # noqa: ARG002  # memory has no speed but the wire's
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        name: str = "",  # noqa: ARG002  # there is no thread to be named
    ) -> Port:
        """
        Open a port, as a driver opens a serial one.

        Raises:
            LineLost: there is none of that name, or somebody has it open.
        """
        if path not in self.ports:
            raise LineLost(f"cannot open {path}: no modem is there")
        place = self._names.index(path)
        if self._clients[place] is not None:
            raise LineLost(f"cannot open {path}: somebody else has it open")
        client = _Client(
            self._plugs[place],
            on_bytes=on_bytes,
            on_lost=on_lost,
            on_closed=lambda: self._forget(client),
        )
        self._clients[place] = client
        return client

    @contextmanager
    def channel(
        self,
        sink: TransportSink,
        journal: Journal,
        *,
        modem: int = 0,
        name: str | None = None,
        **options: Any,
    ) -> Iterator[ModemChannel]:
        """
        A channel over one of the modems, open within a ``with`` block; with any options.

        Nobody watches a simulated SIM, so there is no gap between messages unless one is given.
        """
        channel = ModemChannel(
            name or f"m{modem + 1}",
            ModemOptions(**{"port": self._names[modem], "gap": 0.0, **options}),
            connect=self.connect,
            clock=self.time,
            time=self.time,
            ports=lambda: self.ports,
        )
        channel.open(sink, journal)
        try:
            yield channel
        finally:
            channel.close()

    def _do(self, action: Callable[[], T]) -> T:
        done = action()
        self._flush()
        return done

    def _after(self, delay: float, action: Callable[[], None]) -> None:
        self.time.later(delay, lambda: self._do(action))

    def _open_port(self, place: int, *, renamed: bool) -> None:
        if renamed:
            self._renamings[place] += 1
            self._names[place] = f"{self.names[place]}-{self._renamings[place] + 1}"

    def _close_port(self, place: int) -> None:
        client, self._clients[place] = self._clients[place], None
        if client is not None:
            # As a reader would notice: on its own, and a moment later.
            self.time.later(0.0, client.lose)

    def _show(self, place: int, data: bytes) -> None:
        client = self._clients[place]
        if client is not None:
            client.on_bytes(data)

    def _forget(self, client: "_Client") -> None:
        self._clients = [None if one is client else one for one in self._clients]


class _Client:
    """An open port."""

    def __init__(
        self,
        plug: Plug,
        *,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        on_closed: Callable[[], None],
    ) -> None:
        self._plug = plug
        self._is_open = True
        self._is_lost = False
        self.on_bytes = on_bytes
        self._on_lost = on_lost
        self._on_closed = on_closed

    def write(self, data: bytes) -> None:
        if self._is_lost or not self._is_open or not self._plug.is_in:
            raise LineLost("writing failed: the modem is gone")
        self._plug.hear(data)

    def close(self) -> None:
        self._is_open = False
        self._on_closed()

    def lose(self) -> None:
        self._is_lost = True
        if self._is_open:
            self._on_lost("the modem was unplugged")
