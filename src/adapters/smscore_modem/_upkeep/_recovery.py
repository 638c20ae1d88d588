"""
The remedies of the ladder, as they are done to a modem.
"""

import logging
import subprocess
from collections.abc import Callable

import attrs

from smscore_modem._line._dialogue import Answer, Dialogue, NoAnswer
from smscore_modem._options import Hooks
from smscore_modem._profiles import Profile
from smscore_modem._start._waking import Unusable, wake
from smscore_modem._upkeep._ladder import Rung

__all__ = ["Recovery", "rungs_for"]

log = logging.getLogger(__name__)

_TIMEOUT = 5.0
_DTR_DOWN = 0.5
_RADIO_OFF = 3.0
_STARTING = 5.0  # until a modem that starts anew has left the bus
_HOOK_TIMEOUT = 60.0


@attrs.frozen(kw_only=True)
class Recovery:
    """What can be done to one modem; ``pause`` waits so many seconds, or raises."""

    name: str
    port: str
    profile: Profile
    hooks: Hooks
    pause: Callable[[float], None]

    def on_line(self, rung: Rung, dialogue: Dialogue) -> bool:
        """
        Do what is done over the open line; whether the port must be opened anew afterwards.

        Raises:
            Unusable: nothing answers.
            NoAnswer: it fell silent.
            LineLost: the port is gone.
        """
        match rung:
            case Rung.DEFAULTS:
                wake(dialogue, profile=self.profile)
                self._each(dialogue, ("ATZ", "AT&F"))
            case Rung.RADIO:
                wake(dialogue, profile=self.profile)
                self._first(dialogue, self.profile.radio_off)
                self.pause(_RADIO_OFF)
                dialogue.ask("AT+CFUN=1", timeout=self.profile.radio_timeout)
            case Rung.RESET:
                self._reset(dialogue)
                return True
        return False

    def off_line(self, rung: Rung) -> None:
        """Do what is done while the port is closed."""
        match rung:
            case Rung.REOPEN:
                self.pause(_DTR_DOWN)
            case Rung.RESET:
                self.pause(_STARTING)
            case Rung.USB_RESET:
                self._run(self.hooks.usb_reset)
            case Rung.POWER_CYCLE:
                self._run(self.hooks.power_cycle)

    def _reset(self, dialogue: Dialogue) -> None:
        try:
            wake(dialogue, profile=self.profile)
        except Unusable:
            log.debug("channel %s: it is reset although nothing answers", self.name)
        self._first(dialogue, self.profile.reset)

    def _each(self, dialogue: Dialogue, commands: tuple[str, ...]) -> None:
        for command in commands:
            self._ask(dialogue, command)

    def _first(self, dialogue: Dialogue, commands: tuple[str, ...]) -> None:
        for command in commands:
            answer = self._ask(dialogue, command)
            if answer is not None and answer.is_ok:
                return

    def _ask(self, dialogue: Dialogue, command: str) -> Answer | None:
        try:
            return dialogue.ask(command, timeout=_TIMEOUT)
        except NoAnswer:
            return None  # it may have obeyed all the same

    def _run(self, words: tuple[str, ...]) -> None:
        command = [
            word.replace("{port}", self.port).replace("{channel}", self.name) for word in words
        ]
        try:
            # The operator's own configuration says what is run, without any shell.
            done = subprocess.run(command, timeout=_HOOK_TIMEOUT, check=False)  # noqa: S603  # above
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("channel %s: %s could not help: %s", self.name, command[0], error)
        else:
            log.info("channel %s: %s ended with %d", self.name, command[0], done.returncode)
        self.pause(_STARTING)


def rungs_for(profile: Profile, hooks: Hooks) -> tuple[Rung, ...]:
    """The rungs that can be tried with such a modem."""
    missing = set()
    if not profile.radio_off:
        missing.add(Rung.RADIO)
    if not hooks.usb_reset:
        missing.add(Rung.USB_RESET)
    if not hooks.power_cycle:
        missing.add(Rung.POWER_CYCLE)
    return tuple(rung for rung in Rung if rung not in missing)
