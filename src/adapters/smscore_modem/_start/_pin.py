"""
Unlocking a SIM without ever locking it for good.

A PIN is tried once per SIM by itself: a wrong one three times over blocks the SIM. That it was
tried is written down before it is sent, so not even a crash makes a second try. The PUK is entered
by a person alone.
"""

import hashlib
import hmac
import re

import attrs

from smscore.ports.transport import Journal
from smscore_modem._line._asking import insist
from smscore_modem._line._dialogue import Dialogue
from smscore_modem._profiles import Counter

__all__ = ["PUK_COUNTERS", "ByHand", "PinRefused", "tries_left", "unlock", "unlock_by_hand"]

PUK_COUNTERS = (
    Counter(command='AT+CPINR="SIM PUK"', pattern=r"\+CPINR:\s*\"?SIM PUK\"?\s*,\s*(\d+)"),
)
_ROUNDS = 100_000
_TIMEOUT = 5.0
_UNLOCK_TIMEOUT = 20.0
_TOO_FEW = 2
_FINGERPRINT = 32  # octets
_MOST_KEPT = 100


class PinRefused(Exception):
    """The SIM stays locked until a person acts."""


@attrs.frozen(kw_only=True)
class ByHand:
    """What a person enters: a PIN, or a PUK with the PIN that shall hold from now on."""

    pin: str = attrs.field(repr=False)
    puk: str | None = attrs.field(default=None, repr=False)


def unlock(
    dialogue: Dialogue,
    *,
    pin: str | None,
    sim: str,
    counters: tuple[Counter, ...],
    journal: Journal,
) -> None:
    """
    Enter the configured PIN; to be called only when the SIM asks for exactly that.

    Raises:
        PinRefused: there is none, it was tried before, too few tries are left, or it is wrong.
    """
    left = tries_left(dialogue, counters)
    told = "" if left is None else f", {left} tries left"
    if pin is None:
        raise PinRefused(f"the SIM asks for its PIN{told}; set `pin` for this channel")
    if _was_tried(journal, sim, pin):
        raise PinRefused(
            f"the configured PIN was tried before and did not unlock the SIM{told}; "
            "set another, or unlock the SIM by hand"
        )
    if left is not None and left < _TOO_FEW:
        raise PinRefused(
            "the configured PIN is not tried with the last try; unlock the SIM by hand"
        )
    _enter(dialogue, f'AT+CPIN="{pin}"', pin=pin, sim=sim, journal=journal)


def unlock_by_hand(dialogue: Dialogue, *, entry: ByHand, sim: str, journal: Journal) -> None:
    """
    Enter what a person gave, without any doubt of ours: the PIN, or the PUK if there is one.

    Raises:
        PinRefused: it is wrong.
    """
    given = f'"{entry.pin}"' if entry.puk is None else f'"{entry.puk}","{entry.pin}"'
    _enter(dialogue, f"AT+CPIN={given}", pin=entry.pin, sim=sim, journal=journal)


def tries_left(dialogue: Dialogue, counters: tuple[Counter, ...]) -> int | None:
    """How often the code may be wrong before the SIM is blocked; None: the modem does not tell."""
    for counter in counters:
        answer = insist(dialogue, counter.command, timeout=_TIMEOUT)
        found = re.search(counter.pattern, "\n".join(answer.lines)) if answer.is_ok else None
        if found:
            digits = found[1]  # 102.221, 11.1.9: the SIM itself answers with one, hexadecimal
            return int(digits, 16 if len(digits) == 1 else 10)
    return None


def _enter(dialogue: Dialogue, command: str, *, pin: str, sim: str, journal: Journal) -> None:
    tried = journal.get(_key(sim)) or b""
    if not _was_tried(journal, sim, pin):
        kept = tried[-(_MOST_KEPT - 1) * _FINGERPRINT :]
        journal.put(_key(sim), kept + _fingerprint(pin, sim))
    answer = dialogue.ask(command, timeout=_UNLOCK_TIMEOUT)
    if not answer.is_ok:
        raise PinRefused(f"the SIM refused its PIN: {answer.final.text}")
    journal.put(_key(sim), b"")


def _was_tried(journal: Journal, sim: str, pin: str) -> bool:
    tried = journal.get(_key(sim)) or b""
    wanted = _fingerprint(pin, sim)
    starts = range(0, len(tried), _FINGERPRINT)
    return any(hmac.compare_digest(tried[at : at + _FINGERPRINT], wanted) for at in starts)


def _key(sim: str) -> str:
    return f"pin-tried/{sim}"


def _fingerprint(pin: str, sim: str) -> bytes:
    # Slow on purpose: few PINs exist, and the store is not the place to read them from.
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), sim.encode(), _ROUNDS)
