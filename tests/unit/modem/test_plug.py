"""
Bytes on their way between a virtual modem and its client.
"""

from collections.abc import Callable

from smscore_modem.simulator._plug import Plug
from smscore_modem.simulator._wires import Wire


class Ears:
    """A device that only hears."""

    def __init__(self) -> None:
        self.heard = b""

    def receive(self, data: bytes) -> None:
        self.heard += data

    def take(self) -> bytes:
        return b""

    def power_cycle(self) -> None:
        self.heard = b""


class BusyClock:
    """Between a look at it and what is then asked for, time passes: ``lags`` say how much."""

    def __init__(self, *lags: float) -> None:
        self._lags = list(lags)
        self._now = 0.0
        self._actions: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        looked_at, self._now = self._now, self._now + self._lags.pop(0)
        return looked_at

    def later(self, delay: float, action: Callable[[], None]) -> None:
        self._actions.append((self._now + delay, action))

    def run(self) -> None:
        for _, action in sorted(self._actions, key=lambda one: one[0]):
            action()


def test_nothing_overtakes_on_a_slow_wire_however_busy_the_machine_is() -> None:
    clock, device = BusyClock(0.05, 0.0), Ears()
    plug = Plug(
        device,
        wire=Wire(gap=0.01),
        later=clock.later,
        monotonic=clock.monotonic,
        show=lambda _: None,
    )
    plug.insert()

    plug.hear(b"AT+CMGS=")
    plug.hear(b"22\r")
    clock.run()

    assert device.heard == b"AT+CMGS=22\r"
