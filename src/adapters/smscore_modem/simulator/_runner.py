"""
Runs virtual modems on pseudo-terminals: one thread, any number of modems.
"""

import heapq
import itertools
import logging
import os
import selectors
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Self

from smscore.domain.segments import MOST_PARTS, EncodingOptions, split
from smscore.ports.clock import Clock, SystemClock
from smscore_modem._pdu import Deliver
from smscore_modem.simulator._evidence import Evidence
from smscore_modem.simulator._modem import Submission, VirtualModem
from smscore_modem.simulator._network import VirtualNetwork
from smscore_modem.simulator._sim import Sim
from smscore_modem.simulator._terminal import Terminal

__all__ = ["ModemSimulator", "run"]

log = logging.getLogger(__name__)

_REPLUG_DELAY = 0.2
_ANSWER_TIMEOUT = 10.0


class ModemSimulator:
    """
    Some virtual modems and their network, alive within a ``with`` block.

    ``log`` names a file that gets one JSON line for each message taken, on the disk before the
    sender has its answer (``sync=False`` leaves out the last step). ``link_dir`` gives the ports
    names that stay the same, ``modem1`` and so on, when a modem is unplugged and plugged in again.
    ``pins`` locks the SIMs of the first modems. ``on_taken`` is called for each message taken,
    before its sender has its answer, on the thread of the modems.
    """

    def __init__(
        self,
        *,
        modems: int = 2,
        log: Path | None = None,
        link_dir: Path | None = None,
        report_delay: float = 0.05,
        sync: bool = True,
        pins: tuple[str | None, ...] = (),
        on_taken: Callable[[Submission], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._log = log
        self._link_dir = link_dir
        self._sync = sync
        self._on_taken = on_taken
        self._references = itertools.count(1)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._posted: deque[Callable[[], None]] = deque()
        self._terminals: dict[str, Terminal] = {}  # by number; a modem without is unplugged
        self._evidence: Evidence | None = None
        self._network = VirtualNetwork(
            clock=self._clock,
            later=self._later,
            report_delay=report_delay,
            record=self._record,
            unplug=self._unplug_for_a_moment,
        )
        self.modems = tuple(self._modem(place, pins[place : place + 1]) for place in range(modems))

    def _modem(self, place: int, pins: tuple[str | None, ...]) -> VirtualModem:
        modem = VirtualModem(
            number=f"+9991{place + 1:04}",
            submit=self._network.submit,
            imei=f"99000000{place + 1:07}",
            sim=Sim(
                pin=pins[0] if pins else None,
                iccid=f"899910000000{place + 1:07}",
                imsi=f"99901{place + 1:010}",
            ),
        )
        self._network.add(modem)
        return modem

    # For other threads.

    @property
    def ports(self) -> tuple[str, ...]:
        """The paths that clients open, of the modems that are plugged in."""
        return tuple(
            self._terminals[modem.number].path
            for modem in self.modems
            if modem.number in self._terminals
        )

    @property
    def numbers(self) -> tuple[str, ...]:
        """The telephone numbers of all modems."""
        return tuple(modem.number for modem in self.modems)

    def inject_sms(self, *, modem: int = 0, sender: str, text: str) -> None:
        """Let a message arrive from outside; returns when the modem has it, unless it is full."""
        recipient = self.modems[modem]
        for message in self._parts(sender, text):
            self._do(partial(self._network.deliver, recipient, message))

    def unplug(self, *, modem: int = 0) -> None:
        """Take a modem's port away; it loses its settings."""
        self._do(lambda: self._unplug(self.modems[modem]))

    def plug(self, *, modem: int = 0) -> None:
        """Give a modem a port again: of the same name only with ``link_dir``."""
        self._do(lambda: self._plug(self.modems[modem]))

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._log is not None:
                self._evidence = Evidence(self._log, clock=self._clock, sync=self._sync)
                stack.callback(self._evidence.close)
            self._selector = stack.enter_context(selectors.DefaultSelector())
            self._wake_read, self._wake_write = os.pipe()
            stack.callback(os.close, self._wake_read)
            stack.callback(os.close, self._wake_write)
            os.set_blocking(self._wake_read, False)
            self._selector.register(self._wake_read, selectors.EVENT_READ)
            for modem in self.modems:
                self._plug(modem)
            self._stopping = False
            self._thread = threading.Thread(
                target=self._run, name="smscore-modem-simulator", daemon=True
            )
            self._thread.start()
            self._resources = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._post(self._stop)
        self._thread.join()
        self._resources.close()

    def _do(self, action: Callable[[], None]) -> None:
        """Run something on the thread of the modems, and wait for it."""
        done = threading.Event()

        def run_it() -> None:
            action()
            done.set()

        self._post(run_it)
        if not done.wait(_ANSWER_TIMEOUT):
            raise TimeoutError("the simulator is not running any more")

    def _post(self, action: Callable[[], None]) -> None:
        self._posted.append(action)
        os.write(self._wake_write, b"!")

    def _parts(self, sender: str, text: str) -> tuple[Deliver, ...]:
        segments = split(text, options=EncodingOptions(max_parts=MOST_PARTS))
        reference = next(self._references) % 256
        return tuple(
            Deliver(
                sender=sender,
                user_data=segments.user_data(number, reference=reference),
                sent_at=self._clock.now(),
            )
            for number in range(1, segments.count + 1)
        )

    # The thread of the modems.

    def _run(self) -> None:
        try:
            while not self._stopping:
                timeout = max(0.0, self._timers[0][0] - monotonic()) if self._timers else None
                for key, _ in self._selector.select(timeout):
                    if key.data is not None:
                        self._feed(key.data)
                self._run_due()
                self._flush()
        except Exception:
            log.exception("the modem simulator broke")
        finally:
            for modem in self.modems:
                self._unplug(modem)

    def _stop(self) -> None:
        self._stopping = True

    def _feed(self, modem: VirtualModem) -> None:
        terminal = self._terminals.get(modem.number)
        if terminal is not None:
            modem.receive(terminal.read())

    def _run_due(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
        while self._posted:
            self._posted.popleft()()
        while self._timers and self._timers[0][0] <= monotonic():
            heapq.heappop(self._timers)[2]()

    def _flush(self) -> None:
        for modem in self.modems:
            terminal = self._terminals.get(modem.number)
            data = modem.take()
            if terminal is not None and (data or terminal.has_unsent):
                terminal.write(data)
                wanted = selectors.EVENT_WRITE if terminal.has_unsent else 0
                self._selector.modify(terminal, selectors.EVENT_READ | wanted, modem)

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (monotonic() + delay, next(self._order), action))

    def _record(self, submission: Submission) -> None:
        if self._evidence is not None:
            self._evidence.record(submission)
        if self._on_taken is not None:
            self._on_taken(submission)

    def _plug(self, modem: VirtualModem) -> None:
        if modem.number in self._terminals:
            return
        link = self._link_dir / f"modem{self.modems.index(modem) + 1}" if self._link_dir else None
        terminal = Terminal(link=link)
        self._terminals[modem.number] = terminal
        self._selector.register(terminal, selectors.EVENT_READ, modem)

    def _unplug(self, modem: VirtualModem) -> None:
        terminal = self._terminals.pop(modem.number, None)
        if terminal is not None:
            self._selector.unregister(terminal)
            terminal.close()
            modem.power_cycle()

    def _unplug_for_a_moment(self, modem: VirtualModem) -> None:
        # Not at once: the modem is in the middle of a sentence.
        self._later(0.0, lambda: self._unplug(modem))
        self._later(_REPLUG_DELAY, lambda: self._plug(modem))


def run(
    *,
    modems: int,
    stop: threading.Event,
    on_ready: Callable[[ModemSimulator], None],
    log: Path | None = None,
    link_dir: Path | None = None,
    report_delay: float = 0.05,
) -> None:
    """
    Run a simulator until ``stop`` is set; ``on_ready`` is called once its ports can be opened.

    Prints nothing and touches no signal: both belong to the command that calls this.
    """
    with ModemSimulator(
        modems=modems, log=log, link_dir=link_dir, report_delay=report_delay
    ) as simulator:
        on_ready(simulator)
        stop.wait()
