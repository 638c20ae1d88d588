"""
How the thread of a modem passes the time until it tries again.
"""

from collections.abc import Callable

from smscore_modem._line._serial import LineLost
from smscore_modem._time import Silence, Time
from smscore_modem._traffic._inbox import Inbox
from smscore_modem._upkeep._standing import Standing
from smscore_modem._upkeep._wishes import Wishes, is_only_copy

__all__ = ["LONGEST_DELAY", "Waiting"]

LONGEST_DELAY = 60.0


class Waiting:
    """Waits that end at once when the channel is closed."""

    def __init__(
        self,
        *,
        first_delay: float,
        standing: Standing,
        inbox: Inbox,
        wishes: Wishes,
        time: Time,
    ) -> None:
        self._first_delay = self._delay = first_delay
        self._standing = standing
        self._inbox = inbox
        self._wishes = wishes
        self._now = time.monotonic
        self._up_at: float | None = None

    @property
    def is_long(self) -> bool:
        """Whether everything was in vain for some minutes."""
        return self._delay >= LONGEST_DELAY

    def was_up(self, *, now: float) -> None:
        """The modem works since then."""
        self._up_at = now

    def back_off(self, *, longest: float = LONGEST_DELAY) -> None:
        """Wait before the next try; longer each time, until the modem was up for a while."""
        if self._up_at is not None and self._now() - self._up_at >= LONGEST_DELAY:
            self._delay = self._first_delay
        self._up_at = None
        delay, self._delay = self._delay, min(2 * self._delay, LONGEST_DELAY)
        self.rest(min(delay, longest))

    def rest(self, seconds: float, *, is_over: Callable[[], bool] = lambda: False) -> None:
        """Wait, or until a person wants something; what the modem said before is taken in."""
        until = self._now() + seconds
        while not self._standing.now().is_closing:
            again = self._inbox.again_at
            moment = until if again is None else min(until, again)
            try:
                letter = self._wishes.letters.get(max(0.0, moment - self._now()))
            except Silence:
                if moment == until:
                    return
                self._inbox.offer_again()
                continue
            if is_only_copy(letter):
                self._inbox.accept(letter)
            if self._wishes.is_personal or is_over():
                return

    def pause(self, seconds: float) -> None:
        """
        Wait, in the middle of something.

        Raises:
            LineLost: the channel is being closed.
        """
        view = self._standing.wait_for(lambda view: view.is_closing, timeout=seconds)
        if view.is_closing:
            raise LineLost("closed")
