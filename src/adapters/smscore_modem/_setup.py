"""
From an open line to a modem that sends and receives: the initialisation, step by step.

Each step has a deadline and a stated outcome. Only what the channel cannot do without makes it
fail; a modem that refuses the rest loses a capability and keeps working.
"""

from collections.abc import Callable, Mapping

import attrs

from smscore.ports.transport import Journal
from smscore_modem._commands import (
    quoted,
    registration,
    signal_dbm,
    stores_for_receiving,
    value_of,
)
from smscore_modem._dialogue import Answer, Dialogue, NoAnswer
from smscore_modem._events import Final
from smscore_modem._pin import PinRefused, unlock
from smscore_modem._profiles import Profile, Step

__all__ = ["ModemState", "Unusable", "bring_up", "read_signal"]

_TIMEOUT = 5.0
# 27.005, 3.2.5 and 27.007, 9.2: SIM busy, not ready yet, "wait".
_WAITING_CODES = frozenset({("CMS", "314"), ("CME", "14"), ("CME", "515")})
_UNKNOWN_QUESTION = frozenset({"3", "4"})  # of +CME: not allowed, not supported
_SIM_CODES = frozenset(map(str, range(310, 319)))  # of +CMS
_DOMAINS = ("+CREG", "+CGREG", "+CEREG")


class Unusable(Exception):
    """The modem answers, but cannot be used; the message says why and what would help."""


@attrs.frozen(kw_only=True)
class ModemState:
    """What the initialisation found out."""

    identity: str
    store: str | None  # where messages arrive; None: the modem keeps none
    centre: str | None
    registrations: Mapping[str, bool]  # by the command that tells; those that do not are absent
    signal_dbm: int | None

    @property
    def is_registered(self) -> bool | None:
        """Whether any network will do; with LTE alone ``+CREG`` may stay at 0. None: unknown."""
        return any(self.registrations.values()) if self.registrations else None


@attrs.frozen(kw_only=True)
class _Setup:
    dialogue: Dialogue
    profile: Profile
    pin: str | None
    centre: str | None
    journal: Journal
    pause: Callable[[float], None]

    def run(self) -> ModemState:
        self._wake()
        self._steps(self.profile.shape)
        identity = self._identity()
        self._radio()
        self._unlock(identity)
        self._await_sms()
        self._steps(self.profile.mode)
        store = self._store()
        self._routing()
        centre = self._centre()
        self._steps(self.profile.network)
        return ModemState(
            identity=identity,
            store=store,
            centre=centre,
            registrations=self._registrations(),
            signal_dbm=read_signal(self.dialogue),
        )

    def _wake(self) -> None:
        # The escape leaves a prompt that a former owner left open; the repeats serve autobaud.
        self.dialogue.cancel(quiet=self.profile.quiet)
        if self._answers():
            return
        for _ in range(self.profile.wake_attempts - 1):
            if self._answers():
                self.dialogue.cancel(quiet=self.profile.quiet)  # the earlier ones may answer yet
                return
        raise Unusable("the port opens, but no modem answers on it")

    def _answers(self) -> bool:
        try:
            return self.dialogue.ask("AT", timeout=self.profile.wake_timeout).is_ok
        except NoAnswer:
            return False

    def _steps(self, steps: tuple[Step, ...]) -> None:
        for step in steps:
            answer = self._ask(step.command, timeout=step.timeout)
            if step.is_needed and not answer.is_ok:
                raise Unusable(f"the modem refuses {step.command}: {answer.final.text}")

    def _identity(self) -> str:
        answers = [self._ask(command) for command in self.profile.identity]
        # Some name themselves as `+CGMI: "…"`, most with a bare line.
        found = [
            answer.lines[0].rpartition(": ")[2].strip('" ')
            for answer in answers
            if answer.is_ok and answer.lines
        ]
        return ", ".join(found) or "unknown modem"

    def _radio(self) -> None:
        if value_of(self._ask("AT+CFUN?").lines, "+CFUN") not in (None, "1"):
            self._ask("AT+CFUN=1", timeout=self.profile.radio_timeout)

    def _unlock(self, identity: str) -> None:
        state = self._sim_state()
        if state == "SIM PIN":
            try:
                unlock(self.dialogue, pin=self.pin, imei=identity, journal=self.journal)
            except PinRefused as error:
                raise Unusable(str(error)) from error
            state = self._sim_state()
        if state not in ("READY", None):
            raise Unusable(f"the SIM asks for {state}; only a person should enter that")

    def _sim_state(self) -> str | None:
        """What the SIM wants; None when the modem does not know the question."""
        answer = self._patiently("AT+CPIN?")
        if answer.is_ok:
            return value_of(answer.lines, "+CPIN")
        if answer.final.family == "CME" and answer.final.code not in _UNKNOWN_QUESTION:
            raise Unusable(f"the SIM cannot be used: {answer.final.text}")
        return None

    def _await_sms(self) -> None:
        # Many refuse everything about messages for some seconds after the PIN.
        answer = self._patiently("AT+CPMS?")
        if answer.final.family == "CMS" and answer.final.code in _SIM_CODES:
            raise Unusable(f"the modem is not ready for messages: {answer.final.text}")

    def _patiently(self, command: str) -> Answer:
        """Ask once a second until the SIM is not busy any more, but not for ever."""
        answer = self._ask(command)
        for _ in range(int(self.profile.sim_patience)):
            if not _is_waiting(answer.final):
                break
            self.pause(1.0)
            answer = self._ask(command)
        return answer

    def _store(self) -> str | None:
        offered = stores_for_receiving(self._ask("AT+CPMS=?").lines)
        wanted = [store for store in self.profile.stores if store in offered]
        for store in wanted or self.profile.stores[:2]:
            # Fewer memories for those that have fewer (27.005, 3.2.2).
            for count in (3, 2, 1):
                memories = ",".join([f'"{store}"'] * count)
                if self._ask(f"AT+CPMS={memories}").is_ok:
                    return store
        return None

    def _routing(self) -> None:
        for tried in self.profile.routing:
            if self._ask(f"AT+CNMI={tried}").is_ok:
                return
        # Nothing is announced then; looking into the store from time to time still finds it.

    def _centre(self) -> str | None:
        answer = self._ask("AT+CSCA?")
        if not answer.is_ok:
            return "unknown"
        present = next(iter(quoted(value_of(answer.lines, "+CSCA") or "")), "")
        if present or self.centre is None:
            return present or None
        kind = 145 if self.centre.startswith("+") else 129
        return self.centre if self._ask(f'AT+CSCA="{self.centre}",{kind}').is_ok else None

    def _registrations(self) -> dict[str, bool]:
        found = {}
        for name in _DOMAINS:
            value = value_of(self._ask(f"AT{name}?").lines, name)
            is_registered = registration(value or "", is_answer=True)
            if is_registered is not None:
                found[name] = is_registered
        return found

    def _ask(self, command: str, *, timeout: float = _TIMEOUT) -> Answer:
        return self.dialogue.ask(command, timeout=timeout)


def bring_up(
    dialogue: Dialogue,
    *,
    profile: Profile,
    pin: str | None,
    centre: str | None,
    journal: Journal,
    pause: Callable[[float], None],
) -> ModemState:
    """
    Initialise the modem; ``pause`` waits so many seconds, or raises when the channel closes.

    Raises:
        Unusable: it cannot be used as it is.
        NoAnswer: it fell silent.
        LineLost: the port is gone.
    """
    return _Setup(
        dialogue=dialogue, profile=profile, pin=pin, centre=centre, journal=journal, pause=pause
    ).run()


def read_signal(dialogue: Dialogue) -> int | None:
    """The strength of the signal in dBm, if the modem knows."""
    return signal_dbm(dialogue.ask("AT+CSQ", timeout=_TIMEOUT).lines)


def _is_waiting(final: Final) -> bool:
    return (final.family, final.code) in _WAITING_CODES or "busy" in final.code.lower()
