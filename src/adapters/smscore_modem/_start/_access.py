"""
From a line on which a modem answers to a SIM that is unlocked and ready for messages.
"""

from collections.abc import Callable

import attrs

from smscore.ports.transport import Journal
from smscore_modem._line._asking import insist
from smscore_modem._line._commands import value_of
from smscore_modem._line._dialogue import Answer, Dialogue, NoAnswer
from smscore_modem._line._events import Final
from smscore_modem._options import ModemOptions
from smscore_modem._profiles import Profile
from smscore_modem._start._identity import Device, read_card
from smscore_modem._start._pin import (
    PUK_COUNTERS,
    ByHand,
    PinRefused,
    Tries,
    tries_left,
    unlock,
    unlock_by_hand,
)
from smscore_modem._start._waking import Remedy, Unusable
from smscore_modem._traffic._errors import number_of

__all__ = ["Access", "is_sim_lost"]

_TIMEOUT = 5.0
_LINE_SUFFICES = 0.5
# 27.005, 3.2.5 and 27.007, 9.2: SIM busy, not ready yet, "wait".
_WAITING_CODES = frozenset({("CMS", 314), ("CME", 14), ("CME", 515)})
_UNKNOWN_QUESTION = frozenset({3, 4})  # of +CME: not allowed, not supported
_FOR_PERSONS = frozenset({10, 15})  # of +CME: no SIM, a wrong one
_SIM_CODES = range(310, 319)  # of +CMS
_SICK_SIM_CODES = frozenset({313, 314})
_NO_SIM = frozenset({("CMS", 310), ("CME", 10)})  # 27.005, 3.2.5 and 27.007, 9.2.1


@attrs.frozen(kw_only=True)
class Access:
    """
    The way to one SIM; ``pause`` waits so many seconds, or raises when the channel closes.

    All methods raise :class:`Unusable` when it leads nowhere, and what a dialogue raises.
    """

    dialogue: Dialogue
    device: Device
    profile: Profile
    options: ModemOptions
    by_hand: ByHand | None
    journal: Journal
    pause: Callable[[float], None]

    def open(self) -> None:
        """Switch the radio on, and unlock the SIM if it is locked."""
        self._radio()
        self._unlock()

    def await_sms(self) -> None:
        """Wait until the modem takes commands about messages."""
        # Many refuse everything about messages for some seconds after the PIN.
        answer = self.patiently("AT+CPMS?", is_slow=self.profile.is_slow_to_start)
        number = number_of(answer.final)
        if answer.final.family == "CMS" and number in _SIM_CODES:
            is_sick = number in _SICK_SIM_CODES
            raise Unusable(
                f"the modem is not ready for messages: {answer.final.text}",
                remedy=Remedy.RADIO if is_sick else Remedy.PERSON,
                is_without_sim=_is_without_sim(answer.final),
            )

    def patiently(
        self, command: str, *, is_slow: bool = False, line_suffices_after: float | None = None
    ) -> Answer:
        """Ask once a second until the SIM is not busy any more, but not for ever."""
        for _ in range(int(self.profile.sim_patience)):
            try:
                answer = insist(
                    self.dialogue,
                    command,
                    timeout=_TIMEOUT,
                    line_suffices_after=line_suffices_after,
                )
            except NoAnswer:
                if not is_slow:
                    raise
            else:
                is_early = is_slow and answer.final.family == "ERROR"
                if not (is_early or _is_waiting(answer.final)):
                    return answer
            self.pause(1.0)
        return self._ask(command)

    def _radio(self) -> None:
        if value_of(self._ask("AT+CFUN?").lines, "+CFUN") not in (None, "1"):
            self._ask("AT+CFUN=1", timeout=self.profile.radio_timeout)

    def _unlock(self) -> None:
        state = self._sim_state()
        if state == "SIM PIN" and self._has_puk:
            raise self._locked("the SIM wants its PIN, not its PUK", state)
        if state == "SIM PIN" or (state == "SIM PUK" and self._has_puk):
            try:
                self._enter()
            except PinRefused as error:
                raise self._locked(str(error), state) from error
            state = self._sim_state()
        if state not in ("READY", None):
            raise self._locked(f"the SIM asks for {state}; only a person should enter that", state)

    def _locked(self, reason: str, state: str) -> Unusable:
        """Why a person must act, with what the person should know before."""
        counters = {"SIM PIN": self.profile.pin_counters, "SIM PUK": PUK_COUNTERS}.get(state, ())
        left = tries_left(self.dialogue, counters)
        told = reason if left is None else f"{reason} (tries left: {left})"
        return Unusable(told, remedy=Remedy.PERSON)

    @property
    def _has_puk(self) -> bool:
        return self.by_hand is not None and self.by_hand.puk is not None

    def _enter(self) -> None:
        card = read_card(self.dialogue, profile=self.profile, is_open=False)
        tries = Tries.of(card, self.device, journal=self.journal)
        if self.by_hand is not None:
            unlock_by_hand(self.dialogue, entry=self.by_hand, tries=tries)
        else:
            unlock(
                self.dialogue,
                pin=self.options.pin,
                tries=tries,
                counters=self.profile.pin_counters,
            )

    def _sim_state(self) -> str | None:
        """What the SIM wants; None when the modem does not know the question."""
        answer = self.patiently("AT+CPIN?", line_suffices_after=_LINE_SUFFICES)
        if answer.is_ok:
            return value_of(answer.lines, "+CPIN")
        number = number_of(answer.final)
        if answer.final.family == "CME" and number not in _UNKNOWN_QUESTION:
            is_for_persons = number in _FOR_PERSONS
            raise Unusable(
                f"the SIM cannot be used: {answer.final.text}",
                remedy=Remedy.PERSON if is_for_persons else Remedy.RADIO,
                is_without_sim=_is_without_sim(answer.final),
            )
        return None

    def _ask(self, command: str, *, timeout: float = _TIMEOUT) -> Answer:
        return insist(self.dialogue, command, timeout=timeout)


def is_sim_lost(answer: Answer) -> bool:
    """Whether this answer to ``AT+CPIN?`` says that the SIM, which was open, is so no more."""
    if answer.is_ok:
        return value_of(answer.lines, "+CPIN") not in ("READY", None)
    is_of_sim = answer.final.family == "CME" and number_of(answer.final) not in _UNKNOWN_QUESTION
    return is_of_sim and not _is_waiting(answer.final)


def _is_without_sim(final: Final) -> bool:
    return (final.family, number_of(final)) in _NO_SIM


def _is_waiting(final: Final) -> bool:
    return (final.family, number_of(final)) in _WAITING_CODES or "busy" in final.code.lower()
