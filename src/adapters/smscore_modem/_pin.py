"""
Unlocking a SIM without ever locking it for good.

A PIN is tried once per SIM by itself: a wrong one three times over blocks the SIM. That it was
tried is written down before it is sent, so not even a crash makes a second try.
"""

import hashlib
import hmac
import re

from smscore.ports.transport import Journal
from smscore_modem._commands import value_of
from smscore_modem._dialogue import Answer, Dialogue

__all__ = ["PinRefused", "unlock"]

_ROUNDS = 100_000
_TIMEOUT = 5.0
_UNLOCK_TIMEOUT = 20.0
_ICCID = re.compile(r"[0-9A-F]{18,22}")
_TOO_FEW = 2


class PinRefused(Exception):
    """The SIM stays locked until a person acts."""


def unlock(dialogue: Dialogue, *, pin: str | None, imei: str, journal: Journal) -> None:
    """
    Enter the configured PIN; to be called only when the SIM asks for exactly that.

    Raises:
        PinRefused: there is none, it was tried before, too few tries are left, or it is wrong.
    """
    if pin is None:
        raise PinRefused("the SIM asks for its PIN; set `pin` for this channel")
    sim = _sim(dialogue, imei)
    key = f"pin-tried/{sim}"
    tried = _fingerprint(pin, sim)
    if hmac.compare_digest(journal.get(key) or b"", tried):
        raise PinRefused(
            "the configured PIN was tried before and did not unlock the SIM; "
            "set another, or unlock the SIM by hand"
        )
    left = _tries_left(dialogue)
    if left is not None and left < _TOO_FEW:
        raise PinRefused(f"the SIM has {left} tries left; unlock it by hand")
    journal.put(key, tried)
    answer = dialogue.ask(f'AT+CPIN="{pin}"', timeout=_UNLOCK_TIMEOUT)
    if not answer.is_ok:
        raise PinRefused(f"the SIM refused its PIN: {answer.final.text}")
    journal.put(key, b"")


def _sim(dialogue: Dialogue, imei: str) -> str:
    """The serial number of the SIM, which most modems read while it is locked."""
    for command in ("AT+CCID", "AT+ICCID", "AT^ICCID?"):
        found = _ICCID.search(" ".join(_ask(dialogue, command).lines).upper())
        if found:
            return found[0].rstrip("F")
    return f"unknown-in-{imei}"


def _tries_left(dialogue: Dialogue) -> int | None:
    answer = _ask(dialogue, 'AT+CPINR="SIM PIN"')
    fields = (value_of(answer.lines, "+CPINR") or "").split(",")
    return int(fields[1]) if len(fields) > 1 and fields[1].strip().isdecimal() else None


def _ask(dialogue: Dialogue, command: str) -> Answer:
    return dialogue.ask(command, timeout=_TIMEOUT)


def _fingerprint(pin: str, sim: str) -> bytes:
    # Slow on purpose: few PINs exist, and the store is not the place to read them from.
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), sim.encode(), _ROUNDS)
