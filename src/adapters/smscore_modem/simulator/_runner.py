"""
Runs virtual modems on pseudo-terminals or TCP ports: one thread, any number of modems.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Self, TypeVar

from smscore.ports.clock import Clock, SystemClock
from smscore_modem.simulator._control import ControlSocket
from smscore_modem.simulator._evidence import Evidence
from smscore_modem.simulator._listening import Listening
from smscore_modem.simulator._loop import Loop
from smscore_modem.simulator._rack import Rack
from smscore_modem.simulator._scenario import Scenario
from smscore_modem.simulator._seats import seats
from smscore_modem.simulator._submissions import Submission
from smscore_modem.simulator._terminal import Terminal
from smscore_modem.simulator._wires import PERFECT, Wire

__all__ = ["ModemSimulator", "SimulatorBroke", "run"]

T = TypeVar("T")


class SimulatorBroke(Exception):
    """Something raised on the thread of the modems, and none of them answers any more."""


class ModemSimulator(Rack):
    """
    Some virtual modems and their network, alive within a ``with`` block.

    ``profiles`` are whom the modems resemble, in turn, the last one for the rest; ``pins`` locks
    the SIMs of the first ones; ``wire`` is what lies between each and its port. Behind them come
    modems that answer as in the transcripts ``replays``. A ``scenario`` says all of that instead,
    and what happens when.

    ``log`` names a file that gets one JSON line for each message taken, on the disk before the
    sender has its answer (``sync=False`` leaves out the last step). ``link_dir`` gives the ports
    names that stay the same, ``modem1`` and so on, when a modem is unplugged and plugged in again.
    With ``tcp`` the modems listen on TCP ports of this machine instead, from that one upwards, or
    with 0 on any that are free. ``control`` is where a socket for :func:`ask` is made. ``on_taken``
    is called for each message taken, before its sender has its answer, on the thread of the modems.
    """

    def __init__(
        self,
        *,
        modems: int = 2,
        profiles: str | Sequence[str] = (),
        pins: Sequence[str | None] = (),
        wire: Wire = PERFECT,
        replays: Sequence[Path] = (),
        scenario: Scenario | None = None,
        log: Path | None = None,
        link_dir: Path | None = None,
        tcp: int | None = None,
        control: Path | None = None,
        report_delay: float = 0.05,
        sync: bool = True,
        on_taken: Callable[[Submission], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._log = log
        self._link_dir = link_dir
        self._tcp = tcp
        self._control_path = control
        self._control: ControlSocket | None = None
        self._sync = sync
        self._steps = scenario.steps if scenario is not None else ()
        self._evidence: Evidence | None = None
        self._loop = Loop(
            name="smscore-modem-simulator", after_each=self._after_each, on_broken=self._break
        )
        self._fault: Exception | None = None
        self._on_broken: Callable[[], None] = lambda: None
        self._happened = threading.Condition()
        if scenario is not None and scenario.report_delay is not None:
            report_delay = scenario.report_delay
        super().__init__(
            seats=scenario.seats()
            if scenario is not None
            else seats(modems=modems, profiles=profiles, pins=pins, wire=wire, replays=replays),
            clock=clock or SystemClock(),
            later=self._loop.later,
            monotonic=monotonic,
            report_delay=report_delay,
            on_taken=on_taken,
        )
        # A modem without is unplugged.
        self._lines: list[Terminal | Listening | None] = [None] * len(self.names)
        self._last_names = [""] * len(self.names)
        self._renamings = [0] * len(self.names)

    @property
    def ports(self) -> tuple[str, ...]:
        """What clients open, of the modems that are plugged in: paths, or ``socket://`` URLs."""
        return tuple(line.path for line in self._lines if line is not None)

    def port(self, *, modem: int = 0) -> str:
        """What clients open of one modem, or opened before it was unplugged."""
        return self._last_names[modem]

    def wait_for(self, predicate: Callable[[], bool], timeout: float = 10.0) -> bool:
        """
        Whether something about the modems holds within so many seconds.

        It is looked at on the calling thread, whenever anything has happened to them.
        """
        with self._happened:
            return self._happened.wait_for(predicate, timeout)

    def wait_until(self, stop: threading.Event) -> None:
        """
        Let the modems live until ``stop`` is set.

        Raises:
            SimulatorBroke: they do not live any more.
        """
        self._on_broken = stop.set
        if self._fault is None:
            stop.wait()
        if self._fault is not None:
            raise SimulatorBroke(_said(self._fault)) from self._fault

    def __enter__(self) -> Self:
        if self._log is not None:
            self._evidence = Evidence(self._log, clock=self._clock, sync=self._sync)
        self._loop.start()
        try:
            self._loop.do(self._begin)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.stop(self._end)
        if self._evidence is not None:
            self._evidence.close()

    def _after_each(self) -> None:
        self._flush()
        with self._happened:
            self._happened.notify_all()

    def _break(self, fault: Exception) -> None:
        self._fault = fault
        self._on_broken()

    def _begin(self) -> None:
        self._insert_all()
        if self._control_path is not None:
            self._control = ControlSocket(self._loop, self, self._control_path)
        self._follow(self._steps)

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        for place in range(len(self.names)):
            self._pull(place)

    def _do(self, action: Callable[[], T]) -> T:
        return self._loop.do(action)

    def _open_port(self, place: int, *, renamed: bool) -> None:
        line = self._line(place, renamed=renamed)
        if renamed and line.path == self._last_names[place]:
            # The system gave us the old name again; while we hold it, it gives us another.
            same, line = line, self._line(place, renamed=True)
            same.close()
        self._lines[place] = line
        self._last_names[place] = line.path

    def _line(self, place: int, *, renamed: bool) -> Terminal | Listening:
        hear = self._plugs[place].hear
        if self._tcp is not None:
            port = 0 if renamed or not self._tcp else self._tcp + place
            return Listening(self._loop, on_bytes=hear, port=port)
        if self._link_dir is None:
            return Terminal(self._loop, on_bytes=hear)
        self._renamings[place] += renamed
        another = f"-{self._renamings[place] + 1}" if self._renamings[place] else ""
        link = self._link_dir / f"{self.names[place]}{another}"
        return Terminal(self._loop, on_bytes=hear, link=link)

    def _close_port(self, place: int) -> None:
        line, self._lines[place] = self._lines[place], None
        if line is not None:
            line.close()

    def _show(self, place: int, data: bytes) -> None:
        line = self._lines[place]
        if line is not None:
            line.write(data)

    def _record(self, submission: Submission) -> None:
        if self._evidence is not None:
            self._evidence.record(submission)
        super()._record(submission)


def run(
    simulator: ModemSimulator,
    *,
    stop: threading.Event,
    on_ready: Callable[[ModemSimulator], None],
) -> None:
    """
    Run a simulator until ``stop`` is set; ``on_ready`` is called once its ports can be opened.

    Prints nothing and touches no signal: both belong to the command that calls this.

    Raises:
        SimulatorBroke: it could not go on.
    """
    with simulator:
        on_ready(simulator)
        simulator.wait_until(stop)


def _said(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"
