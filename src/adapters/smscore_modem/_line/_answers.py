"""
What comes back over a line: answers, what is heard besides, and the ways in which nothing comes.
"""

import attrs

from smscore_modem._line._events import Final, Notification
from smscore_modem._line._serial import LineLost
from smscore_modem._time import Mailbox, Silence, Time

__all__ = ["Answer", "Ear", "Lost", "NoAnswer", "NoPrompt", "Pacing", "Unsettled"]

_MOST_HEARD = 100


class NoAnswer(Exception):
    """The deadline of a command passed."""


class NoPrompt(Exception):
    """The payload was never asked for, and nothing of it was written."""


class Unsettled(Exception):
    """The payload was written, wholly or in part, and no final result came."""


@attrs.frozen(kw_only=True)
class Answer:
    """
    What came back for one command.

    ``was_written`` says whether its payload, if it has one, had been written before, and
    ``is_overdue`` that the modem has not said it: something else told, and it may still come.
    """

    lines: tuple[str, ...]
    final: Final
    was_written: bool = False
    is_overdue: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether the command was obeyed."""
        return self.final.is_ok


@attrs.frozen(kw_only=True)
class Pacing:
    """How fast a modem takes a payload; in seconds."""

    before: float = 0.0  # from the prompt to the payload
    before_end: float = 0.0  # from there to the Ctrl-Z


@attrs.frozen
class Lost:
    """The line has ended, for this reason."""

    reason: str


class Ear:
    """Hears some notifications of a dialogue; made by :meth:`Dialogue.listening`."""

    def __init__(self, names: tuple[str, ...], time: Time) -> None:
        self._names = names
        self._heard: Mailbox[Notification | Lost] = Mailbox(time, most=_MOST_HEARD)

    def hear(self, notification: Notification | Lost) -> None:
        """Something was said; it is kept if it is of a kind that is listened for."""
        if isinstance(notification, Lost) or notification.name in self._names:
            self._heard.put(notification)

    def next(self, timeout: float) -> Notification:
        """
        The next one; blocks.

        Raises:
            NoAnswer: there was none within so many seconds.
            LineLost: the port is gone.
        """
        try:
            heard = self._heard.get(timeout)
        except Silence:
            raise NoAnswer("the modem did not say it in time") from None
        if isinstance(heard, Lost):
            raise LineLost(heard.reason)
        return heard
