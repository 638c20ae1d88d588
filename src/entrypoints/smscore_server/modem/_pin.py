"""
Unlocking a SIM by hand: what is asked, in which order, and how a person is warned.
"""

import re
import sys

import click

from smscore.errors import NotReady
from smscore_server._output import Failure
from smscore_server.modem._reaching import ReachedModem

__all__ = ["unlock"]


def unlock(modem: ReachedModem, *, is_piped: bool, is_sure: bool) -> None:
    """
    Enter what the SIM asks for, once; returns when it is unlocked.

    Raises:
        Failure: nobody is there to ask, or it is not wanted after all.
        GatewayError: the SIM refused it, or asks for nothing.
    """
    if not is_piped and not sys.stdin.isatty():
        raise Failure("there is no terminal to ask on; give it on standard input by --stdin")
    state = modem.operate("health")
    if state["identity"] is not None:
        raise Failure("the SIM is not locked")
    if not re.search(r"\bPIN|PUK\b", state["detail"]):
        raise NotReady(state["detail"])
    click.echo(f"{modem.name}: {state['detail']}", err=True)
    if "PUK" in state["detail"]:
        _by_puk(modem, is_piped=is_piped, is_sure=is_sure)
        return
    (pin,) = _piped("PIN") if is_piped else (_asked("PIN"),)
    modem.operate("pin", {"pin": pin})


def _by_puk(modem: ReachedModem, *, is_piped: bool, is_sure: bool) -> None:
    if not is_sure:
        if is_piped:
            raise Failure("the SIM asks for its PUK; ten wrong ones destroy it: say --yes")
        click.confirm("Ten wrong PUKs destroy the SIM for good. Go on?", abort=True, err=True)
    if is_piped:
        puk, pin = _piped("PUK", "new PIN")
    else:
        puk, pin = _asked("PUK"), _asked("New PIN", is_new=True)
    modem.operate("puk", {"puk": puk, "pin": pin, "confirmed": "yes"})


def _asked(what: str, *, is_new: bool = False) -> str:
    answer: str = click.prompt(what, hide_input=True, confirmation_prompt=is_new, err=True)
    return _digits(answer, what)


def _piped(*wanted: str) -> list[str]:
    words = sys.stdin.buffer.read().decode("ascii", "replace").split()
    if len(words) != len(wanted):
        raise Failure(f"standard input should hold, one a line: {', '.join(wanted)}")
    return [_digits(word, what) for word, what in zip(words, wanted, strict=True)]


def _digits(word: str, what: str) -> str:
    # The word itself stays out of the message.
    if not re.fullmatch(r"[0-9]{4,8}", word):
        raise Failure(f"the {what} must be 4 to 8 digits; nothing was tried")
    return word
