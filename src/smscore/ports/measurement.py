"""
How the gateway fares, told in numbers to whoever measures it.
"""

from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct

from smscore.domain.messages import MessageId, Surface
from smscore.domain.webhooks import Attempt, Posting

__all__ = ["Answered", "Exchange", "Measurable", "Meter"]


class Answered(Struct, frozen=True, kw_only=True):
    """
    A request to send that has its answer.

    ``outcome`` is ``accepted``; ``replayed``, if the first answer to its key was given again; the
    code of a refusal; or ``overloaded``, ``too_late``, ``store_unavailable``, ``error``.
    ``messages`` are those that it has brought. ``traceparent`` is what the caller said of itself.
    """

    surface: Surface
    outcome: str
    began: datetime
    seconds: float
    messages: tuple[MessageId, ...] = ()
    traceparent: str | None = None


class Exchange(Struct, frozen=True, kw_only=True):
    """
    A part of a message was handed to the network, once, and this is what the network said.

    ``part`` counts from 1. ``answer`` is in the network's or the modem's own words, such as ``OK``
    or ``+CMS ERROR: 38``, and never holds the text; None: there was none, or none in time.
    ``reference`` is what the network called the part.
    """

    message: MessageId
    part: int
    began: datetime
    seconds: float
    answer: str | None
    is_accepted: bool
    reference: str | None = None


class Meter(Protocol):
    """
    Is told of what this process does; what becomes of messages observers are told.

    Any thread calls, and somebody waits: it must be quick. What it raises is logged.
    """

    def submitted(self, answered: Answered) -> None:
        """A request to send has its answer."""
        ...

    def exchanged(self, exchange: Exchange) -> None:
        """A part was handed to the network. Told before what follows from it is stored."""
        ...

    def called(self, posting: Posting, attempt: Attempt) -> None:
        """An endpoint was told, or was not to be reached."""
        ...

    def committed(self, *, units: int, seconds: float) -> None:
        """The store has made so many units of work durable, all at once, in so many seconds."""
        ...

    def stumbled(self) -> None:
        """The store has failed, and what it was about to keep is lost."""
        ...


@runtime_checkable
class Measurable(Protocol):
    """A store that tells how its commits go."""

    def measure(self, meter: Meter) -> None:
        """From now on tell this one, too, of each commit."""
        ...
