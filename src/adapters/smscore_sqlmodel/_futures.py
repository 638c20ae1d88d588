"""
A unit of work on its way through the store, and the future that its caller holds.
"""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from smscore.domain.messages import AccountId
from smscore.errors import DeadlinePassed, GatewayError
from smscore.ports.storage import UnitOfWork
from smscore_sqlmodel._database import Clash

__all__ = ["Job", "UnitFuture"]

T = TypeVar("T")


_PENDING, _RUNNING, _FINISHED = "PENDING", "RUNNING", "FINISHED"  # the inherited states
_changing = threading.Lock()  # of all futures together: none holds it for long


class UnitFuture(Future[T]):
    """
    A future that does not let the writing thread wait for itself.

    A server's futures are told by callbacks, and so is whoever waits: nobody needs the condition
    that makes up most of what a future costs. It is made for whoever asks for it, to cancel: as
    long as there is none, ``_changing`` guards what it guards, and from then on all goes the
    inherited way.
    """

    def __init__(self, writer: threading.Thread) -> None:
        # Instead of the inherited one: the same attributes but for the condition.
        self._writer = writer
        self._made: threading.Condition | None = None
        self._state = _PENDING
        self._result: T | None = None
        self._exception: BaseException | None = None
        self._waiters: list[Any] = []
        self._done_callbacks: list[Callable[[Future[T]], object]] = []

    @property
    def _condition(self) -> threading.Condition:  # type: ignore[override]  # nobody sets it
        with _changing:
            if self._made is None:
                self._made = threading.Condition()
            return self._made

    def set_running_or_notify_cancel(self) -> bool:
        with _changing:
            if self._made is None and self._state == _PENDING:
                self._state = _RUNNING
                return True
        return super().set_running_or_notify_cancel()

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        with _changing:
            if self._made is None and self._state != _FINISHED:
                self._done_callbacks.append(fn)
                return
        super().add_done_callback(fn)

    def set_result(self, result: T) -> None:
        with _changing:
            is_unseen = self._made is None and self._state == _RUNNING
            if is_unseen:
                self._result = result
                self._state = _FINISHED
        if not is_unseen:
            super().set_result(result)
            return
        self._invoke_callbacks()  # type: ignore[attr-defined]  # inherited

    def result(self, timeout: float | None = None) -> T:
        if self._state != _FINISHED:
            self._check_thread()
            self._wait(timeout)
        if self._state == _FINISHED and self._exception is None:
            return self._result  # type: ignore[return-value]  # it was set before the state
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._check_thread()
        return super().exception(timeout)

    def _wait(self, timeout: float | None) -> None:
        """Until it is over: a lock that is opened once does what a condition does."""
        over = threading.Lock()
        over.acquire()
        self.add_done_callback(lambda _: over.release())
        over.acquire(timeout=-1 if timeout is None else max(0.0, timeout))

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

    __slots__ = (
        "_error",
        "_has_begun",
        "_result",
        "accounts",
        "deadline",
        "future",
        "queued_at",
        "was_repeated",
        "work",
    )

    def __init__(
        self,
        work: Callable[[UnitOfWork], T],
        future: Future[T],
        *,
        queued_at: float,
        deadline: float | None,
        accounts: Collection[AccountId] = (),
    ) -> None:
        self.work = work
        self.future = future
        self.queued_at = queued_at
        self.deadline = deadline
        self.accounts = accounts
        self.was_repeated = False
        self._has_begun = False
        self._error: BaseException | None = None

    def begin(self, now: Callable[[], float]) -> bool:
        """Whether it is to be applied: neither cancelled nor too late. From here on it stands."""
        if self._has_begun:
            return True  # it is done again
        if not self.future.set_running_or_notify_cancel():
            return False
        if self.deadline is not None and now() > self.deadline:
            self.future.set_exception(DeadlinePassed("the unit of work was not begun in time"))
            return False
        self._has_begun = True
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

    @property
    def is_worth_a_try(self) -> bool:
        """Whether it stumbled over what may be another process's, and is done again for once."""
        return isinstance(self._error, Clash) and not self.was_repeated

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
        """It never began, or is not done again."""
        if self._has_begun or self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)
