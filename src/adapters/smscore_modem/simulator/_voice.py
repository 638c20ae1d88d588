"""
A virtual modem's voice calls: at most one at a time, dialled here or ringing here.
"""

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from smscore_modem._pdu import Address
from smscore_modem.simulator._recipients import CallOutcome, behaviour_of
from smscore_modem.simulator._settings import Final, Refusal

if TYPE_CHECKING:
    from smscore_modem.simulator._modem import VirtualModem

__all__ = ["CallState", "Voice", "VoiceCall"]

_SET_UP = 0.5  # seconds until the other telephone rings, or it is known why it does not
_BETWEEN_RINGS = 3.0
_NOBODY_ANSWERS = 30.0


class CallState(enum.IntEnum):
    """27.007, 7.18 <stat>."""

    ACTIVE = 0
    DIALLING = 2
    ALERTING = 3
    INCOMING = 4


@attrs.define(kw_only=True, eq=False)
class VoiceCall:
    """One end of a call; ``other`` is that of another virtual modem."""

    number: str
    state: CallState
    is_incoming: bool = False
    other: "Voice | None" = None

    @property
    def listed(self) -> str:
        """As ``+CLCC`` writes it."""
        kind = Address.of(self.number).octets[1]
        return f'1,{int(self.is_incoming)},{self.state.value},0,0,"{self.number}",{kind}'


class Voice:
    """One modem's."""

    def __init__(self, modem: "VirtualModem") -> None:
        self._modem = modem
        self.call: VoiceCall | None = None

    # The client's side.

    def dial(self, number: str) -> None:
        """
        Begin a call; what it comes to is announced.

        Raises:
            Refusal: there is a call already, or no number.
            Final: no network takes it.
        """
        if self.call is not None:
            raise Refusal("CME", 3)
        if not number.removeprefix("+").isdecimal():
            raise Refusal("CME", 26)  # 27.007, 9.2.1: dial string too long, or not one
        if not self._modem.is_registered:
            raise Final(CallOutcome.NO_CARRIER)
        self.call = VoiceCall(number=number, state=CallState.DIALLING)
        self._later(_SET_UP, self._set_up)

    def answer(self) -> None:
        """
        Take the call that rings.

        Raises:
            Final: none does.
        """
        if self.call is None or self.call.state is not CallState.INCOMING:
            raise Final(CallOutcome.NO_CARRIER)
        self.call.state = CallState.ACTIVE
        if (other := self.call.other) is not None and other.call is not None:
            other.call.state = CallState.ACTIVE

    def hang_up(self) -> None:
        """End the call, if there is one; the other end hears of it."""
        call, self.call = self.call, None
        if call is not None and call.other is not None:
            call.other.end(CallOutcome.NO_CARRIER)

    # The network's side.

    def ring(self, number: str, *, other: "Voice | None" = None) -> bool:
        """Somebody calls. False: there is a call already, or no way to it."""
        if self.call is not None or not self._modem.is_registered:
            return False
        self.call = VoiceCall(
            number=number, state=CallState.INCOMING, is_incoming=True, other=other
        )
        self._say_ring(self.call)
        return True

    def end(self, reason: str) -> None:
        """The call is over, and not because the client wanted it."""
        if self.call is not None:
            self.call = None
            self._modem.announce(reason)

    def _set_up(self, call: VoiceCall) -> None:
        surroundings = self._modem.life.surroundings
        called = surroundings.reach(call.number) if surroundings is not None else None
        if called is not None:
            if called.voice.ring(self._modem.number, other=self):
                call.other = called.voice
                call.state = CallState.ALERTING
            else:
                self.end(CallOutcome.BUSY)
            return
        match behaviour_of(call.number).call:
            case CallOutcome.BUSY | CallOutcome.NO_CARRIER as outcome:
                self.end(outcome)
            case _:
                call.state = CallState.ALERTING
                self._later(_NOBODY_ANSWERS, self._give_up)

    def _give_up(self, call: VoiceCall) -> None:
        if call.state is CallState.ALERTING:
            self.end(CallOutcome.NO_ANSWER)

    def _say_ring(self, call: VoiceCall) -> None:
        others = self._modem.settings.others
        self._modem.announce("+CRING: VOICE" if others["+CRC"] == "1" else "RING")
        if others["+CLIP"] == "1":
            kind = Address.of(call.number).octets[1]
            self._modem.announce(f'+CLIP: "{call.number}",{kind},"",,"",0')
        self._later(_BETWEEN_RINGS, self._ring_again)

    def _ring_again(self, call: VoiceCall) -> None:
        if call.state is CallState.INCOMING:
            self._say_ring(call)

    def _later(self, delay: float, action: Callable[[VoiceCall], None]) -> None:
        """Do something with the call of now, unless it is over by then."""
        call = self.call

        def act() -> None:
            if call is not None and self.call is call:
                action(call)

        self._modem.after(delay, act)
