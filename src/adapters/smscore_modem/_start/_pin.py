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
from smscore_modem._start._identity import Device, SimCard

__all__ = [
    "PUK_COUNTERS",
    "ByHand",
    "PinRefused",
    "Tries",
    "tries_left",
    "unlock",
    "unlock_by_hand",
]

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


@attrs.frozen(kw_only=True)
class Tries:
    """
    The PINs that were tried on one locked SIM, durably.

    A SIM that has just started may not tell its number yet. So what was tried on a nameless one
    counts for every SIM of that modem, and the other way round.
    """

    own: str  # the name under which they are kept
    related: str  # under which those are that count, too
    noted: tuple[str, ...]  # under which one more is noted
    journal: Journal

    @classmethod
    def of(cls, card: SimCard, device: Device, *, journal: Journal) -> "Tries":
        """Those of this SIM in this modem."""
        own, nameless = card.key(device), SimCard().key(device)
        every = f"any-in-{device.imei or 'unknown'}"
        if own == nameless:
            return cls(own=own, related=every, noted=(own,), journal=journal)
        return cls(own=own, related=nameless, noted=(own, every), journal=journal)

    def have(self, pin: str) -> bool:
        """Whether it was tried, and has not unlocked the SIM."""
        return any(self._has(name, pin) for name in (self.own, self.related))

    def note(self, pin: str) -> None:
        """It is about to be tried; returns when that is durable."""
        for name in self.noted:
            if not self._has(name, pin):
                kept = self._kept(name)[-(_MOST_KEPT - 1) * _FINGERPRINT :]
                self.journal.put(_key(name), kept + _fingerprint(pin, name))

    def forget(self, pin: str) -> None:
        """It has unlocked the SIM."""
        self.journal.put(_key(self.own), b"")
        for name in {self.related, *self.noted} - {self.own}:
            if self._has(name, pin):
                right = _fingerprint(pin, name)
                others = [one for one in self._each(name) if one != right]
                self.journal.put(_key(name), b"".join(others))

    def _has(self, name: str, pin: str) -> bool:
        kept = self._each(name)
        wanted = _fingerprint(pin, name) if kept else b""
        return any(hmac.compare_digest(one, wanted) for one in kept)

    def _each(self, name: str) -> list[bytes]:
        kept = self._kept(name)
        return [kept[at : at + _FINGERPRINT] for at in range(0, len(kept), _FINGERPRINT)]

    def _kept(self, name: str) -> bytes:
        return self.journal.get(_key(name)) or b""


def unlock(
    dialogue: Dialogue,
    *,
    pin: str | None,
    tries: Tries,
    counters: tuple[Counter, ...],
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
    if tries.have(pin):
        raise PinRefused(
            f"the configured PIN was tried before and did not unlock the SIM{told}; "
            "set another, or unlock the SIM by hand"
        )
    if left is not None and left < _TOO_FEW:
        raise PinRefused(
            "the configured PIN is not tried with the last try; unlock the SIM by hand"
        )
    _enter(dialogue, f'AT+CPIN="{pin}"', pin=pin, tries=tries)


def unlock_by_hand(dialogue: Dialogue, *, entry: ByHand, tries: Tries) -> None:
    """
    Enter what a person gave, without any doubt of ours: the PIN, or the PUK if there is one.

    Raises:
        PinRefused: it is wrong.
    """
    given = f'"{entry.pin}"' if entry.puk is None else f'"{entry.puk}","{entry.pin}"'
    _enter(dialogue, f"AT+CPIN={given}", pin=entry.pin, tries=tries)


def tries_left(dialogue: Dialogue, counters: tuple[Counter, ...]) -> int | None:
    """How often the code may be wrong before the SIM is blocked; None: the modem does not tell."""
    for counter in counters:
        answer = insist(dialogue, counter.command, timeout=_TIMEOUT)
        found = re.search(counter.pattern, "\n".join(answer.lines)) if answer.is_ok else None
        if found:
            digits = found[1]  # 102.221, 11.1.9: the SIM itself answers with one, hexadecimal
            return int(digits, 16 if len(digits) == 1 else 10)
    return None


def _enter(dialogue: Dialogue, command: str, *, pin: str, tries: Tries) -> None:
    tries.note(pin)
    answer = dialogue.ask(command, timeout=_UNLOCK_TIMEOUT)
    if not answer.is_ok:
        raise PinRefused(f"the SIM refused its PIN: {answer.final.text}")
    tries.forget(pin)


def _key(sim: str) -> str:
    return f"pin-tried/{sim}"


def _fingerprint(pin: str, sim: str) -> bytes:
    # Slow on purpose: few PINs exist, and the store is not the place to read them from.
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), sim.encode(), _ROUNDS)
