"""
A virtual modem between switching on and off: what happens when, and what it is busy with.
"""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from smscore_modem.simulator._modem import VirtualModem

__all__ = ["Life", "State", "Surroundings"]


class Surroundings(Protocol):
    """What a modem needs of the world; its network is that."""

    def later(self, delay: float, action: Callable[[], None], /) -> None: ...

    def reach(self, number: str, /) -> "VirtualModem | None": ...

    def unplug(
        self, modem: "VirtualModem", /, *, renamed: bool = False, seconds: float = 0.2
    ) -> None: ...


class State(enum.Enum):
    """What passes after a while."""

    BOOTING = enum.auto()
    STARTING = enum.auto()  # messages are not possible yet
    SEARCHING = enum.auto()  # for a network
    SIM_BUSY = enum.auto()
    RADIO_BUSY = enum.auto()
    DEAF = enum.auto()


class Life:
    """
    One modem's time. What was going to happen before it was switched off does not happen.

    Without surroundings nothing takes any time, and no time passes.
    """

    def __init__(self) -> None:
        self.surroundings: Surroundings | None = None
        self.number = 0
        self._states: set[State] = set()

    def begin_anew(self) -> None:
        """The modem was off."""
        self.number += 1
        self._states.clear()

    def __contains__(self, state: State) -> bool:
        return state in self._states

    def be(self, state: State, seconds: float) -> None:
        """Be in a state for some time."""
        if seconds > 0 and self.surroundings is not None:
            self._states.add(state)
            self.after(seconds, lambda: self._states.discard(state))

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Do something later, unless the modem is switched off before."""
        number = self.number

        def act() -> None:
            if number == self.number:
                action()

        self.surely_after(delay, act)

    def surely_after(self, delay: float, action: Callable[[], None]) -> None:
        """Do something later, whatever happens to the modem until then."""
        if self.surroundings is not None:
            self.surroundings.later(delay, action)

    def soon(self, delay: float, action: Callable[[], None]) -> None:
        """Do something after a delay that is not the point: at once where no time passes."""
        if delay <= 0 or self.surroundings is None:
            action()
        else:
            self.after(delay, action)
