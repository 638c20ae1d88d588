"""
The first words on a line: whether a modem answers at all, and what to do when it is no use.
"""

import enum

from smscore_modem._line._asking import insist
from smscore_modem._line._dialogue import Dialogue, NoAnswer
from smscore_modem._profiles import Profile, Step

__all__ = ["Remedy", "Silent", "Unusable", "run_step", "wake"]


class Remedy(enum.Enum):
    """What may help a modem that cannot be used."""

    PERSON = "person"  # somebody has to do something about it
    RECOVERY = "recovery"  # beginning anew, more and more thoroughly
    RADIO = "radio"  # the same, but switching the radio off and on is the least that helps a SIM


class Unusable(Exception):
    """The modem cannot be used; the message says why and what would help."""

    def __init__(self, reason: str, *, remedy: Remedy, is_without_sim: bool = False) -> None:
        super().__init__(reason)
        self.remedy = remedy
        self.is_without_sim = is_without_sim


class Silent(Unusable):
    """Nothing answers on the port, or in another language."""


def wake(dialogue: Dialogue, *, profile: Profile) -> None:
    """
    Let the modem leave whatever a former owner left it in, and answer.

    Raises:
        Silent: nothing answers.
        LineLost: the port is gone.
    """
    # The escape leaves a prompt; the repeats serve autobaud.
    dialogue.cancel(quiet=profile.quiet)
    if _answers(dialogue, profile):
        return
    for _ in range(profile.wake_attempts - 1):
        if _answers(dialogue, profile):
            dialogue.cancel(quiet=profile.quiet)  # the earlier ones may answer yet
            return
    raise Silent("the port opens, but no modem answers on it", remedy=Remedy.RECOVERY)


def _answers(dialogue: Dialogue, profile: Profile) -> bool:
    try:
        return dialogue.ask("AT", timeout=profile.wake_timeout).is_ok
    except NoAnswer:
        return False


def run_step(dialogue: Dialogue, step: Step) -> list[str]:
    """
    Try a step; what was refused of it.

    Raises:
        Unusable: it is needed.
        NoAnswer: the modem fell silent.
        LineLost: the port is gone.
    """
    refused: list[str] = []
    for command in (step.command, *step.otherwise):
        answer = insist(dialogue, command, timeout=step.timeout)
        if answer.is_ok:
            return refused
        refused.append(command)
        if step.is_needed:
            raise Unusable(
                f"the modem refuses {command}: {answer.final.text}", remedy=Remedy.RECOVERY
            )
    return refused
