"""
Telling endpoints of events, and receivers of what rules send them: one call, one answer.
"""

from concurrent.futures import Future
from datetime import datetime
from typing import Protocol

import attrs

__all__ = ["Answer", "Call", "Push", "WebhookSender"]


@attrs.frozen(kw_only=True)
class Call:
    """
    What is to be posted where. ``secrets`` sign it, the current one first.

    ``event_id`` and ``sequence`` let receivers recognise what they have, and put it in order. What
    the operator's configuration asks for goes wherever that is, as a push does.
    """

    url: str = attrs.field(repr=False)
    event_id: str
    sequence: int
    body: bytes = attrs.field(repr=False)
    secrets: tuple[str, ...] = attrs.field(repr=False)
    at: datetime  # the signature binds it
    is_operators: bool = False


@attrs.frozen(kw_only=True)
class Push:
    """
    What a rule of the operator's calls: unsigned, and wherever that is.

    ``form`` is posted, all of it at once; without one, the address is got. ``push_id`` is the same
    when it is tried again.
    """

    url: str = attrs.field(repr=False)
    push_id: str
    form: bytes | None = attrs.field(repr=False)
    at: datetime


@attrs.frozen(kw_only=True)
class Answer:
    """
    What came of a call: a status, or a word for why there is none.

    ``body`` is the beginning of the answer's, at most 2 KiB of it. ``retry_after`` are seconds for
    which the endpoint has asked to be left alone.
    """

    seconds: float
    status: int | None = None
    error: str | None = None
    body: bytes = b""
    retry_after: float | None = None


class WebhookSender(Protocol):
    """Makes calls, many at a time. Any thread may call; nothing here blocks but :meth:`close`."""

    def check(self, url: str) -> None:
        """
        Refuse what can be told to be forbidden without asking for any name's addresses.

        Raises:
            InvalidRequest: the host is a literal address that nobody may call.
        """
        ...

    def send(self, call: Call | Push) -> "Future[Answer]":
        """
        Begin a call; its future has an answer within seconds, and raises nothing.

        The host's addresses are looked up, every one of them is checked, and the connection goes to
        one that was; those of an operator's calls and of pushes may be any. Redirects are answers
        like all others.
        """
        ...

    def close(self) -> None:
        """End what runs; its futures say so. May be called twice, and the sender used again."""
        ...
