"""
What needs the network beside messages: USSD sessions, and letting a telephone ring.
"""

import re
from contextlib import suppress

from smscore.errors import InvalidRequest, PermanentFailure, TemporaryFailure
from smscore_modem._line._dialogue import Dialogue, Ear, NoAnswer
from smscore_modem._profiles import Profile
from smscore_modem._traffic._ussd import UssdAnswer, UssdState, is_code, read_answer, write_code

__all__ = ["ask_network", "check_code", "check_ring", "is_dialable", "prepare_session", "ring"]

_TIMEOUT = 5.0
_MOST_UNREADABLE = 3  # or a modem that babbles would hold the line
_SESSION_TIMEOUT = 60.0
_DIAL_TIMEOUT = 30.0
_LONGEST_RING = 120.0
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_SECONDS = re.compile(r"[0-9]{1,3}")
_ENDS_OF_CALL = ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE")


def check_code(code: str) -> str:
    """
    A USSD code, or a reply.

    Raises:
        InvalidRequest: it holds anything that does not belong into one.
    """
    if not is_code(code):
        raise InvalidRequest("a USSD code is 1 to 160 of 0-9, *, # and +, such as *100#")
    return code


def check_ring(number: str, seconds: str) -> tuple[str, float]:
    """
    Whom to ring, and for how long.

    Raises:
        InvalidRequest: one of them makes no sense.
    """
    if not is_dialable(number):
        raise InvalidRequest("`number` must be 3 to 20 digits, maybe with + in front")
    if not _SECONDS.fullmatch(seconds) or not 1 <= int(seconds) <= _LONGEST_RING:
        raise InvalidRequest(f"`seconds` must be 1 to {_LONGEST_RING:.0f}")
    return number, float(seconds)


def is_dialable(number: str) -> bool:
    """Whether it may stand in a command: 3 to 20 digits, maybe with + in front."""
    return _NUMBER.fullmatch(number) is not None


def ask_network(dialogue: Dialogue, code: str, *, profile: Profile) -> UssdAnswer:
    """
    Send a code or a reply, and wait for what the network says.

    Raises:
        TemporaryFailure: it said nothing in time, and the session was cancelled.
        PermanentFailure: modem or network refuse.
        NoAnswer, LineLost: the modem fell silent, or the port is gone.
    """
    with dialogue.listening("+CUSD") as ear:
        _send_code(dialogue, write_code(code, coding=profile.ussd))
        try:
            answer = _next_answer(ear, coding=profile.ussd)
        except NoAnswer as error:
            cancel_session(dialogue)
            raise TemporaryFailure("the network did not answer the USSD code in time") from error
    if answer.state is UssdState.UNSUPPORTED:
        raise PermanentFailure("the network does not support the USSD code")
    if answer.state is UssdState.TIMED_OUT:
        raise TemporaryFailure("the network's own time for the USSD session ran out")
    return answer


def prepare_session(dialogue: Dialogue, *, profile: Profile) -> None:
    """Let a session begin: an older one ends, and the modem learns how codes are written."""
    cancel_session(dialogue)
    for command in profile.ussd_prepare:
        dialogue.ask(command, timeout=_TIMEOUT)


def cancel_session(dialogue: Dialogue) -> None:
    """End a session, if there is one."""
    dialogue.ask("AT+CUSD=2", timeout=_TIMEOUT)


def ring(dialogue: Dialogue, number: str, *, seconds: float) -> str:
    """
    Call a number for so many seconds, and hang up; what became of the call.

    Raises:
        PermanentFailure: the modem or the network will not call.
        NoAnswer, LineLost: the modem fell silent, or the port is gone.
    """
    with dialogue.listening(*_ENDS_OF_CALL) as ear:
        try:
            # Some answer at once, others when somebody takes the call or nobody can any more.
            answer = dialogue.ask(f"ATD{number};", timeout=seconds)
            if not answer.is_ok and answer.final.text not in _ENDS_OF_CALL:
                raise PermanentFailure(
                    f"the call was refused: {answer.final.text}", cause=answer.final.text
                )
            outcome = "rang" if answer.is_ok else answer.final.text.lower()
            if answer.is_ok:
                with suppress(NoAnswer):
                    outcome = ear.next(seconds).name.lower()
        except NoAnswer:
            outcome = "rang"
            dialogue.cancel(quiet=0.2)
        except KeyboardInterrupt:  # whoever listens has heard enough
            dialogue.cancel(quiet=0.2)
            hang_up(dialogue)
            raise
    hang_up(dialogue)
    return outcome


def hang_up(dialogue: Dialogue) -> None:
    """End a call, in whichever way the modem knows."""
    for command in ("AT+CHUP", "ATH"):
        if dialogue.ask(command, timeout=_TIMEOUT).is_ok:
            return


def _send_code(dialogue: Dialogue, written: str) -> None:
    # 27.007, 7.15 and 23.038, 5: 15 is the default alphabet, in no language.
    command = f'AT+CUSD=1,"{written}",15'
    answer = dialogue.ask(command, timeout=_DIAL_TIMEOUT)
    if not answer.is_ok:
        # Some want the answers to be allowed first.
        dialogue.ask("AT+CUSD=1", timeout=_TIMEOUT)
        answer = dialogue.ask(command, timeout=_DIAL_TIMEOUT)
    if not answer.is_ok:
        raise PermanentFailure("the modem refuses the USSD code", cause=answer.final.text)


def _next_answer(ear: Ear, *, coding: str) -> UssdAnswer:
    for _ in range(_MOST_UNREADABLE):
        answer = read_answer(ear.next(_SESSION_TIMEOUT).text, coding=coding)
        if answer is not None:
            return answer
    raise NoAnswer("what the modem said of the USSD session cannot be read")
