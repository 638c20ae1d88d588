"""
A sender of webhooks that posts nothing: what it was given, and the answers that a test decides.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from smscore.ports.webhooks import Answer, Call, Push

__all__ = ["FakeSender"]

_OK = Answer(seconds=0.01, status=200, body=b"ok")


class FakeSender:
    """
    Keeps every call, and answers each at once with what ``answer`` says, or when it is let to.

    ``answer`` may be changed at any time; None of it means that the call hangs until
    :meth:`let_go`. Pushes are kept by themselves.
    """

    def __init__(self, answer: Callable[[Call | Push], Answer | None] = lambda _: _OK) -> None:
        self.answer = answer
        self.calls: list[Call] = []
        self.pushes: list[Push] = []
        self.is_closed = False
        self._hanging: list[Future[Answer]] = []
        self._changed = threading.Condition()

    def check(self, url: str) -> None:
        """Everything may be called."""

    def send(self, call: Call | Push) -> "Future[Answer]":
        future: Future[Answer] = Future()
        answer = self.answer(call)
        if answer is None:
            self._hanging.append(future)
        else:
            future.set_result(answer)
        with self._changed:
            if isinstance(call, Push):
                self.pushes.append(call)
            else:
                self.calls.append(call)
            self._changed.notify_all()
        return future

    def let_go(self, answer: Answer = _OK) -> None:
        """Answer all calls that hang."""
        hanging, self._hanging = self._hanging, []
        for future in hanging:
            future.set_result(answer)

    def wait_for(self, count: int, *, seconds: float = 10.0) -> bool:
        """Whether so many calls were made within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.calls) >= count, seconds)

    def close(self) -> None:
        self.is_closed = True
