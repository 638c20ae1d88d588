"""
Some virtual modems with their network, and what may happen to them, for whoever gives them lines.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from smscore.ports.clock import Clock
from smscore.structuring import nearest
from smscore_modem._pdu import Coding, Deliver, Scheme
from smscore_modem.simulator._actions import Action, Doing, parts_of
from smscore_modem.simulator._faults import Fault
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._network import VirtualNetwork
from smscore_modem.simulator._plug import Device, Later, Plug
from smscore_modem.simulator._replay import ReplayedModem
from smscore_modem.simulator._scenario import Step
from smscore_modem.simulator._seats import Seat, virtual_modem
from smscore_modem.simulator._submissions import Submission

__all__ = ["Rack"]

T = TypeVar("T")


class Rack(ABC):
    """
    The part of a simulator that does not depend on how its lines look and how its time passes.

    Modems are counted from 0, or named as their seats are; replayed ones come behind the others.
    ``taken`` are the messages that the network accepted, in order.
    """

    def __init__(
        self,
        *,
        seats: Sequence[Seat],
        clock: Clock,
        later: Later,
        monotonic: Callable[[], float],
        report_delay: float,
        on_taken: Callable[[Submission], None] | None,
    ) -> None:
        self.taken: list[Submission] = []
        self.network = VirtualNetwork(
            clock=clock,
            later=later,
            report_delay=report_delay,
            record=self._record,
            unplug=self._unplug_for_a_while,
        )
        self._seats = tuple(seats)
        self._clock = clock
        self._later = later
        self._on_taken = on_taken
        self._references = itertools.count(1)
        self.modems = tuple(
            virtual_modem(seat, place=place, network=self.network)
            for place, seat in enumerate(self._seats)
            if seat.replay is None
        )
        self._plugs = tuple(
            Plug(
                self._device(place),
                wire=seat.wire,
                later=later,
                monotonic=monotonic,
                show=partial(self._show, place),
            )
            for place, seat in enumerate(self._seats)
        )

    def _device(self, place: int) -> Device:
        seat = self._seats[place]
        if seat.replay is None:
            return self.modems[place]
        other = virtual_modem(seat, place=place, network=self.network)
        return ReplayedModem(seat.replay, other=other, later=self._later)

    @property
    def names(self) -> tuple[str, ...]:
        """What the modems are called in scenarios and on the control socket."""
        return tuple(seat.name for seat in self._seats)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The telephone numbers of the modems, but for replayed ones."""
        return tuple(modem.number for modem in self.modems)

    # What may happen.

    def inject_sms(self, *, modem: int = 0, sender: str, text: str, flash: bool = False) -> None:
        """Let a message arrive from outside; returns when the modem has it, unless it is full."""
        self._do(partial(self._inject, modem, sender, text, is_flash=flash))

    def unplug(self, *, modem: int = 0) -> None:
        """Take a modem's port away; it loses its settings."""
        self._do(partial(self._pull, modem))

    def plug(self, *, modem: int = 0, renamed: bool = False) -> None:
        """Give a modem a port again, ``renamed`` of another name than before."""
        self._do(partial(self._insert, modem, renamed=renamed))

    def begin_fault(self, fault: Fault | str, *, modem: int = 0, **how: object) -> None:
        """
        Let something go wrong with a modem; see :meth:`Faults.begin`.

        Raises:
            ValueError: there is no such fault, or it cannot be like that.
        """
        self._do(lambda: self._virtual(modem).faults.begin(fault, **how))

    def end_fault(self, fault: Fault | str | None = None, *, modem: int = 0) -> None:
        """Put it right again; without a name everything."""
        self._do(lambda: self._virtual(modem).faults.end(fault))

    def perform(self, action: Action) -> None:
        """
        Do what a table says.

        Raises:
            ValueError: there is no such modem, or it cannot do that.
        """
        if action.modem not in self.names:
            raise ValueError(
                f"no modem is called {action.modem!r}{nearest(action.modem, self.names)}"
            )
        self._do(partial(self._perform, action, self.names.index(action.modem)))

    @abstractmethod
    def wait_for(self, predicate: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Whether something holds within so many seconds; looked at whenever anything happens."""

    def state(self) -> list[dict[str, object]]:
        """How the modems are: names and values that JSON knows."""
        return self._do(lambda: [self._state(place) for place in range(len(self._seats))])

    # For whoever gives them lines.

    @property
    @abstractmethod
    def ports(self) -> tuple[str, ...]:
        """The names that clients open, of the modems that are plugged in."""

    @abstractmethod
    def port(self, *, modem: int = 0) -> str:
        """The name of one modem's port, or that of its last one."""

    @abstractmethod
    def _do(self, action: Callable[[], T]) -> T:
        """Do something where the modems live, and wait until it is done."""

    @abstractmethod
    def _open_port(self, place: int, *, renamed: bool) -> None:
        """Give a modem a port, of the same name if possible, or for sure not."""

    @abstractmethod
    def _close_port(self, place: int) -> None:
        """Take the port away: whoever has it open is told."""

    @abstractmethod
    def _show(self, place: int, data: bytes) -> None:
        """Let whoever has the port open read something."""

    def _insert_all(self) -> None:
        for place in range(len(self._seats)):
            self._insert(place)

    def _insert(self, place: int, *, renamed: bool = False) -> None:
        plug = self._plugs[place]
        if not plug.is_in:
            self._open_port(place, renamed=renamed)
            plug.insert()

    def _pull(self, place: int) -> None:
        plug = self._plugs[place]
        if plug.is_in:
            plug.pull()
            if place < len(self.modems):
                self.modems[place].switch_off()
            self._close_port(place)

    def _flush(self) -> None:
        for plug in self._plugs:
            plug.flush()

    def _follow(self, steps: Sequence[Step]) -> None:
        """Do all of it in its time, from now."""
        for step in steps:
            self._later(step.at, partial(self.perform, step))

    def _record(self, submission: Submission) -> None:
        """A message was accepted, and its sender does not know yet."""
        self.taken.append(submission)
        if self._on_taken is not None:
            self._on_taken(submission)

    # Where the modems live.

    def _virtual(self, place: int) -> VirtualModem:
        if place >= len(self.modems):
            raise ValueError(f"{self.names[place]} is replayed: it can only be unplugged")
        return self.modems[place]

    def _perform(self, action: Action, place: int) -> None:
        match action.do:
            case Doing.INJECT:
                text, sender = action.text or "", action.sender or ""
                self._inject(place, sender, text, is_flash=bool(action.flash))
            case Doing.FAULT:
                self._virtual(place).faults.begin(action.fault or "")
            case Doing.END:
                self._virtual(place).faults.end(action.fault)
            case Doing.UNPLUG:
                self._pull(place)
            case Doing.PLUG:
                self._insert(place, renamed=bool(action.renamed))
            case Doing.CALL:
                caller, seconds = action.sender or "", action.seconds
                self.network.call(
                    self._virtual(place), caller, seconds=20.0 if seconds is None else seconds
                )
            case Doing.PDU:
                self.network.deliver_pdu(self._virtual(place), bytes.fromhex(action.pdu or ""))
            case Doing.REPORT:
                self.network.report(
                    self._virtual(place),
                    recipient=action.sender or "",
                    reference=action.reference or 0,
                    status=action.status or 0,
                )

    def _state(self, place: int) -> dict[str, object]:
        seat, is_plugged = self._seats[place], self._plugs[place].is_in
        common: dict[str, object] = {
            "name": seat.name,
            "port": self.port(modem=place) if is_plugged else None,
            "is_replayed": seat.replay is not None,
        }
        if seat.replay is not None:
            return common
        modem = self.modems[place]
        return {
            **common,
            "number": modem.number,
            "profile": seat.profile,
            "sim": modem.sim.state,
            "registration": modem.registration,
            "faults": [str(fault) for fault in modem.faults.present],
            "stored": {name: len(modem.stores.entries(name)) for name in modem.stores.capacities},
        }

    def _unplug_for_a_while(
        self, modem: VirtualModem, *, renamed: bool = False, seconds: float = 0.2
    ) -> None:
        place = self.modems.index(modem)
        # Not at once: the modem is in the middle of a sentence.
        self._later(0.0, partial(self._pull, place))
        self._later(seconds, partial(self._insert, place, renamed=renamed))

    def _inject(self, place: int, sender: str, text: str, *, is_flash: bool) -> None:
        recipient = self._virtual(place)
        segments = parts_of(text)
        reference = next(self._references) % 256
        for number in range(1, segments.count + 1):
            user_data = segments.user_data(number, reference=reference)
            message = Deliver(
                sender=sender,
                user_data=user_data,
                scheme=Scheme.of(Coding(user_data.coding), 0 if is_flash else None),
                sent_at=self._clock.now(),
            )
            self.network.deliver(recipient, message)
