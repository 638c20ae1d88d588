"""
The line to a relay: one conversation for many mails, begun when there is one, kept for a while.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from smscore_email._conversation import Conversation, Lost, Refusal, RelayDown
from smscore_email._letters import Letter
from smscore_email._options import EmailOptions
from smscore_email._verdicts import is_parting, trouble_of

__all__ = ["IDLE", "Line"]

IDLE = 30.0
"""Seconds for which a conversation is kept that nobody uses; relays end them after minutes."""


class Line:
    """Used by one thread at a time, which takes its :meth:`turn`; any may :meth:`close`."""

    def __init__(self, options: EmailOptions, *, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._conversation: Conversation | None = None
        self._used_at = 0.0
        self._is_closed = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While it lasts, nobody else uses the line."""
        with self._lock:
            yield

    def ready(self) -> Conversation:
        """
        A conversation, begun if need be.

        Raises:
            RelayDown: there is none.
        """
        self._used_at = self._monotonic()
        conversation = self._conversation or self._begin()
        if self._is_closed:  # meanwhile, or it was before
            self.drop()
            raise RelayDown("closed")
        return conversation

    def try_out(self) -> None:
        """
        Make sure that mail would be taken, without any.

        Raises:
            RelayDown: it would not.
        """
        try:
            self.ready().check_sender()
        except (Refusal, Lost) as error:
            self.drop()
            raise trouble_of(error, self._options) from error

    def hand_over(self, letter: Letter) -> str:
        """
        Give the relay a mail; what it says when it has taken it.

        Raises:
            RelayDown: there is no conversation.
            Refusal, Lost: as of :meth:`Conversation.hand_over`.
        """
        try:
            return self._hand_over(letter)
        except (Refusal, Lost) as error:
            # Relays end what is idle, and what has lasted: that says nothing of this mail.
            if not is_parting(error):
                raise
            return self._hand_over(letter)

    def drop(self) -> None:
        """Whatever was said is over."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.hang_up()

    def drop_if_idle(self) -> None:
        """Part from a relay that nobody has needed for long."""
        if self._monotonic() - self._used_at >= IDLE:
            self.drop()

    def close(self) -> None:
        """Whoever uses it hears that the connection is lost. May be called twice."""
        self._is_closed = True
        if self._lock.acquire(blocking=False):
            try:
                self.drop()
            finally:
                self._lock.release()
        elif conversation := self._conversation:
            conversation.abort()

    def _begin(self) -> Conversation:
        """The conversation is there from its first word on, so that it can be broken off."""
        self._conversation = conversation = Conversation.connect(self._options)
        try:
            conversation.introduce()
        except RelayDown:
            self.drop()
            raise
        return conversation

    def _hand_over(self, letter: Letter) -> str:
        conversation = self.ready()
        try:
            return conversation.hand_over(letter)
        except Refusal as refusal:
            self._go_on_after(refusal, conversation)
            raise
        except Lost:
            self.drop()
            raise

    def _go_on_after(self, refusal: Refusal, conversation: Conversation) -> None:
        if is_parting(refusal):
            self.drop()
            return
        try:
            conversation.start_over()
        except (Refusal, Lost):
            self.drop()
