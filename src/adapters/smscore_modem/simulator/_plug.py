"""
A modem at one end of its wire: what it hears and says, and what is lost when it is pulled out.
"""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from smscore_modem.simulator._wires import Strand, Wire

__all__ = ["Device", "Plug"]

Later = Callable[[float, Callable[[], None]], None]
UnderWay = deque[tuple[int, bytes]]
"""Pieces, each with the number of the life in which it was sent."""


class Device(Protocol):
    """What is plugged in: a virtual modem, or a replayed one."""

    def receive(self, data: bytes) -> None:
        """Bytes from the client, in any portions."""
        ...

    def take(self) -> bytes:
        """Bytes for the client."""
        ...

    def power_cycle(self) -> None:
        """Off and on again."""
        ...


class Plug:
    """
    Carries bytes between a device and ``show``, which gets what arrives at the client's end.

    All of it happens on the thread of ``later``.
    """

    def __init__(
        self,
        device: Device,
        *,
        wire: Wire,
        later: Later,
        monotonic: Callable[[], float],
        show: Callable[[bytes], None],
    ) -> None:
        self.is_in = False
        self._device = device
        self._later = later
        self._monotonic = monotonic
        self._show = show
        self._to_device = Strand(wire, towards="modem")
        self._to_client = Strand(wire, towards="client")
        self._under_way: Mapping[Strand, UnderWay] = {
            self._to_device: deque(),
            self._to_client: deque(),
        }
        self._life = 0

    def insert(self) -> None:
        """Plug it in; it begins anew if it was pulled out before."""
        self.is_in = True
        if self._life:
            self._device.power_cycle()

    def pull(self) -> None:
        """Pull it out; what was on its way is lost."""
        self.is_in = False
        self._life += 1

    def hear(self, data: bytes) -> None:
        """The client wrote this."""
        self._carry(self._to_device, data, self._device.receive)

    def flush(self) -> None:
        """Let the client hear what the device has to say."""
        data = self._device.take()
        if data and self.is_in:
            self._carry(self._to_client, data, self._show)

    def _carry(self, strand: Strand, data: bytes, arrive: Callable[[bytes], None]) -> None:
        under_way = self._under_way[strand]
        for delay, piece in strand.carry(data, now=self._monotonic()):
            under_way.append((self._life, piece))
            self._later(delay, partial(self._arrive, under_way, arrive))

    def _arrive(self, under_way: UnderWay, arrive: Callable[[bytes], None]) -> None:
        # The oldest, whosever moment this is: a busy machine may let one overtake another.
        life, piece = under_way.popleft()
        if life == self._life:
            arrive(piece)
