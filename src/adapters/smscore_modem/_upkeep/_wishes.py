"""
What other threads want of the thread that keeps a modem.
"""

import enum
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, TypeGuard, TypeVar

from smscore_modem._line._events import Notification
from smscore_modem._start._pin import ByHand
from smscore_modem._time import Mailbox, Silence, Time
from smscore_modem._upkeep._ladder import Rung

__all__ = ["Letter", "Occupied", "Slot", "Wish", "Wishes", "is_only_copy"]

T = TypeVar("T")

_MOST_LETTERS = 10_000  # a modem may chatter faster than anybody can look into its stores
_MOST_COPIES = 10_000  # and so many more for what it keeps no copy of


class Wish(enum.Enum):
    """A word to that thread."""

    WAKE = "wake"
    LOOK = "look"  # into the stores, soon
    RENEW = "renew"  # its settings


Letter = Notification | Wish


def is_only_copy(letter: Letter) -> TypeGuard[Notification]:
    """Whether it brings a message along of which the modem keeps no copy."""
    return isinstance(letter, Notification) and letter.name in ("+CMT", "+CDS")


class Occupied(Exception):
    """Somebody else wants something of the kind already."""


class Slot(Generic[T]):
    """
    What one person at a time wants, until it is said what came of it.

    Whoever keeps the modem takes the ``wish`` when it is begun, and answers then.
    """

    def __init__(self, time: Time) -> None:
        self.wish: T | None = None
        self._time = time
        self._lock = threading.Lock()  # guards the next one, with the wish
        self._answer: Mailbox[str | None] | None = None

    def ask(self, wish: T, *, urge: Callable[[], None], timeout: float) -> str | None:
        """
        Have it done; why it could not be, or None. ``urge`` calls whoever does it.

        Raises:
            Occupied: another one is not answered yet, and this one was not begun.
            Silence: there was no answer within so many seconds.
        """
        answer: Mailbox[str | None] = Mailbox(self._time)
        with self._lock:
            if self._answer is not None:
                raise Occupied
            self._answer, self.wish = answer, wish
        urge()
        try:
            return answer.get(timeout)
        finally:
            with self._lock:
                if self._answer is answer:
                    self._answer = self.wish = None

    def take(self) -> T | None:
        """What is wanted, for whoever begins to do it."""
        with self._lock:
            wish, self.wish = self.wish, None
        return wish

    def settle(self, reason: str | None) -> None:
        """Say what comes of what is wanted, also if it was not begun."""
        self.take()
        self.answer(reason)

    def answer(self, reason: str | None) -> None:
        """Say what came of what was taken; of what was not begun nothing can be said."""
        with self._lock:
            if self.wish is not None:
                return
            answer, self._answer = self._answer, None
        if answer is not None:
            answer.put(reason)


class Wishes:
    """Where they are put; that thread takes the letters out."""

    def __init__(self, time: Time) -> None:
        self.letters: Mailbox[Letter] = Mailbox(time, most=_MOST_LETTERS)
        self.by_hand: Slot[ByHand] = Slot(time)  # a PIN that a person gives
        self.ordered: Slot[Rung] = Slot(time)  # what a person wants to be done
        self._gate = time.gate()  # guards the next ones
        self._lost = 0  # messages for which there was no room
        self._holders = 0
        self._is_at_work = False  # that thread, in the middle of several commands

    @property
    def is_personal(self) -> bool:
        """Whether a person waits for something to begin."""
        return self.by_hand.wish is not None or self.ordered.wish is not None

    def hear(self, said: Notification) -> None:
        """
        What the modem says by itself; on the reader thread.

        Where there is no room for all of it, chatter is lost first: it is repeated, or a look into
        the stores finds what it was about.
        """
        beyond = _MOST_COPIES if is_only_copy(said) else 0
        if not self.letters.put(said, beyond=beyond) and beyond:
            with self._gate:
                self._lost += 1

    def only_copies(self) -> Iterator[Notification]:
        """All messages that still wait, for when nothing else is done any more."""
        with suppress(Silence):
            while True:
                letter = self.letters.get(0.0)
                if is_only_copy(letter):
                    yield letter

    def count_lost(self) -> int:
        """How many messages were lost since it was asked last."""
        with self._gate:
            lost, self._lost = self._lost, 0
        return lost

    def wake(self) -> None:
        """Have that thread look what there is."""
        self.letters.put(Wish.WAKE)

    def end(self, reason: str) -> None:
        """Let nobody wait for a thread that does nothing more."""
        self.by_hand.settle(reason)
        self.ordered.settle(reason)

    @property
    def is_held(self) -> bool:
        """Whether somebody wants to be alone with the modem."""
        return self._holders > 0

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Be alone with the modem, once that thread is not in the middle of something."""
        with self._gate:
            self._holders += 1
        try:
            with self._gate:
                self._gate.wait_for(lambda: not self._is_at_work)
            yield
        finally:
            with self._gate:
                self._holders -= 1
            self.letters.put(Wish.WAKE)

    @contextmanager
    def at_work(self) -> Iterator[bool]:
        """For that thread: not to be disturbed in turn; whether it may begin."""
        with self._gate:
            self._is_at_work = self._holders == 0
            may_begin = self._is_at_work
        try:
            yield may_begin
        finally:
            with self._gate:
                self._is_at_work = False
                self._gate.notify_all()
