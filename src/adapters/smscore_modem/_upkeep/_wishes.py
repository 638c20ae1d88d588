"""
What other threads want of the thread that keeps a modem.
"""

import enum
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from smscore_modem._line._events import Notification
from smscore_modem._start._pin import ByHand
from smscore_modem._time import Mailbox, Silence, Time
from smscore_modem._upkeep._ladder import Rung

__all__ = ["Letter", "Wish", "Wishes"]

_MOST_LETTERS = 10_000  # a modem may chatter faster than anybody can look into its stores


class Wish(enum.Enum):
    """A word to that thread."""

    WAKE = "wake"
    LOOK = "look"  # into the stores, soon
    RENEW = "renew"  # its settings


Letter = Notification | Wish


class Wishes:
    """Where they are put; that thread takes the letters out."""

    def __init__(self, time: Time) -> None:
        self.letters: Mailbox[Letter] = Mailbox(time, most=_MOST_LETTERS)
        self.by_hand: ByHand | None = None  # a PIN that a person gave
        self.ordered: Rung | None = None  # what a person wants to be done
        self._time = time
        self._answer: Mailbox[str | None] | None = None
        self._lock = threading.Lock()  # guards the next one
        self._holders = 0

    @property
    def is_held(self) -> bool:
        """Whether somebody wants to be alone with the modem."""
        return self._holders > 0

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Be alone with the modem."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
            self.letters.put(Wish.WAKE)

    def enter(self, entry: ByHand, *, timeout: float) -> str | None:
        """
        Have a PIN entered; why it could not be, or None.

        Raises:
            Silence: there was no answer within so many seconds.
        """
        answer: Mailbox[str | None] = Mailbox(self._time)
        self._answer = answer
        self.by_hand = entry
        self.letters.put(Wish.WAKE)
        try:
            return answer.get(timeout)
        except Silence:
            self.by_hand = None
            raise

    def answer(self, reason: str | None) -> None:
        """Say what became of the PIN, if a person gave one."""
        if self.by_hand is not None and self._answer is not None:
            self.by_hand = None
            self._answer.put(reason)

    def order(self, rung: Rung) -> None:
        """Have something done."""
        self.ordered = rung
        self.letters.put(Wish.WAKE)
