"""
A unit of work on its way through the store, and the future that its caller holds.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from smscore.errors import DeadlinePassed, GatewayError
from smscore.ports.storage import UnitOfWork

__all__ = ["Job", "UnitFuture"]

T = TypeVar("T")


class UnitFuture(Future[T]):
    """A future that does not let the writing thread wait for itself."""

    def __init__(self, writer: threading.Thread) -> None:
        super().__init__()
        self._writer = writer

    def result(self, timeout: float | None = None) -> T:
        self._check_thread()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._check_thread()
        return super().exception(timeout)

    def _check_thread(self) -> None:
        if threading.get_ident() == self._writer.ident and not self.done():
            raise RuntimeError(
                "a unit of work waits for another one, which cannot begin before it ends; "
                "return first, or do both in one unit"
            )


class Job(Generic[T]):
    """
    One unit of work; its outcome is told only after the commit.

    ``queued_at`` and ``deadline`` are monotonic: whoever sets the clock makes nobody late.
    """

    __slots__ = ("_error", "_result", "deadline", "future", "queued_at", "work")

    def __init__(
        self,
        work: Callable[[UnitOfWork], T],
        future: Future[T],
        *,
        queued_at: float,
        deadline: float | None,
    ) -> None:
        self.work = work
        self.future = future
        self.queued_at = queued_at
        self.deadline = deadline
        self._error: BaseException | None = None

    def begin(self, now: Callable[[], float]) -> bool:
        """Whether it is to be applied: neither cancelled nor too late. From here on it stands."""
        if not self.future.set_running_or_notify_cancel():
            return False
        if self.deadline is not None and now() > self.deadline:
            self.future.set_exception(DeadlinePassed("the unit of work was not begun in time"))
            return False
        return True

    def apply(self, unit: UnitOfWork) -> bool:
        """Do the work, and say whether it returned."""
        self._error = None
        try:
            self._result = self.work(unit)
        except BaseException as error:  # noqa: BLE001  # it is the caller's, whatever it is
            self._error = error
            return False
        return True

    def spoil(self, error: GatewayError) -> None:
        """The work returned, but what it wrote was refused."""
        self._error = error

    def resolve(self) -> None:
        """The batch was committed."""
        if self._error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(self._error)

    def fail(self, error: GatewayError) -> None:
        """The batch was not committed."""
        self.future.set_exception(error)

    def refuse(self, error: GatewayError) -> None:
        """It never began."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)
