"""
The workers of a running gateway: each goes on by itself, on a thread or a step at a time.
"""

import logging
import threading
from collections.abc import Callable

from smscore.errors import ConfigurationError, GatewayError, StoreError
from smscore.ports.storage import Wakeup

__all__ = ["Worker"]

_log = logging.getLogger(__name__)

SAFETY_NET = 1.0
"""Seconds after which a thread looks again although nobody woke it."""
_LONGEST_PAUSE = 30.0
_PATIENCE = 5.0
"""Seconds that a closed worker has for its end before somebody hears of it."""


def _nothing() -> None:
    """What has nothing to be opened, mended or closed."""


class Worker:
    """
    One step after another; a step that did nothing is followed by a wait, a fault by a pause.

    ``right`` is what it takes, if anything, and ``may`` says whether this server has it now.
    ``prepare`` is done when it is opened, and ``wakeup`` made when its thread starts; without a
    thread ``pending`` is done instead of the step. ``close`` ends what a step may be waiting for,
    and ``finish`` comes after the last one; ``mend`` before the first one after a fault. A last
    step that does not end is waited for, or ``left_after`` so many seconds.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], int],
        *,
        right: str | None = None,
        may: Callable[[], bool] = lambda: True,
        pending: Callable[[], int] | None = None,
        wakeup: Callable[[], Wakeup] | None = None,
        pause: float = SAFETY_NET,
        is_repeated: bool = False,
        left_after: float | None = None,
        prepare: Callable[[], None] = _nothing,
        mend: Callable[[], object] = _nothing,
        close: Callable[[], None] = _nothing,
        finish: Callable[[], object] = _nothing,
    ) -> None:
        self.name = name
        self.right = right
        self.may = may
        self.is_open = False
        self._step = step
        self._pending = pending or step
        self._make_wakeup = wakeup
        self._pause = pause
        self._is_repeated = is_repeated
        self._left_after = left_after
        self._prepare = prepare
        self._mend = mend
        self._close = close
        self._finish = finish
        self._stop = threading.Event()
        self._wakeup: Wakeup | None = None
        self._thread: threading.Thread | None = None
        self._left: threading.Thread | None = None
        self._faults = 0
        self._said = ""

    @property
    def is_current(self) -> bool:
        """Whether the caller is this worker's thread."""
        return self._thread is threading.current_thread()

    @property
    def has_left(self) -> bool:
        """Whether a step that was left behind is still under way."""
        return self._left is not None and self._left.is_alive()

    def open(self) -> None:
        """Be ready for steps. Raises whatever the worker itself raises, and is not open then."""
        self._stop.clear()
        self._faults = 0
        self._prepare()
        self.is_open = True

    def start(self) -> None:
        """Go on by itself, on a thread of its own."""
        if self._make_wakeup is not None:
            self._wakeup = self._make_wakeup()
        self._thread = threading.Thread(target=self._run, name=f"smscore {self.name}", daemon=True)
        self._thread.start()

    def run_pending(self) -> int:
        """What is due, on the caller's thread."""
        if self._faults:
            self._mend()
            self._faults = 0
        done = 0
        try:
            while self.may() and (count := self._pending()):
                done += count
                if not self._is_repeated:
                    break
        except BaseException:
            self._faults = 1  # the next round mends what this one has left
            raise
        return done

    def ask_to_end(self) -> None:
        """After the step that is being done no other one begins."""
        self._stop.set()
        if self._wakeup is not None:
            self._wakeup.set()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the end of the last step, at most so long."""
        # One whose start was interrupted may not have begun: it finds that it is to end.
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(seconds)

    def close(self) -> None:
        """End what it had opened, whatever that raises; :meth:`finish` follows."""
        if not self.is_open:
            return
        try:
            self._close()
        except Exception:  # noqa: BLE001  # a stranger's code, and the others want to be closed, too
            _log.exception("%s could not be closed", self.name)

    def finish(self) -> None:
        """Wait for the last step, and leave everything in order."""
        self._wait_for_the_end()
        self._thread = self._wakeup = None
        if not self.is_open:
            return
        self.is_open = False
        try:
            self._finish()
        except GatewayError:
            _log.exception("what the %s held could not be handed back", self.name)

    def _wait_for_the_end(self) -> None:
        if self._left_after is not None:
            self.join(self._left_after)
            if self._is_alive():
                _log.error("%s did not come back in time: left behind", self.name)
                self._left = self._thread
                self._stop = threading.Event()  # that of the thread that was left stays set
            return
        self.join(_PATIENCE)
        if self._is_alive():
            _log.error("%s does not end though it was closed; waiting for it", self.name)
            self.join()

    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        stop = self._stop
        while not stop.is_set():
            try:
                self._step_once()
            except BaseException as fault:  # noqa: BLE001  # nothing may end a channel's thread
                self._tell(fault)
                self._faults += 1
                stop.wait(min(2.0 ** (self._faults - 1), _LONGEST_PAUSE))

    def _step_once(self) -> None:
        if self._faults:
            self._mend()
        done = self._step() if self.may() else 0
        self._faults, self._said = 0, ""
        if not done:
            wait = self._stop.wait if self._wakeup is None else self._wakeup.wait
            wait(self._pause)

    def _tell(self, fault: BaseException) -> None:
        """A bug with its traceback; what an operator has to mend in one line, and once."""
        if not isinstance(fault, StoreError | ConfigurationError):
            _log.exception("%s stumbled; it goes on after a pause", self.name)
        elif self._said != str(fault):
            self._said = str(fault)
            _log.error("%s cannot go on, and tries again: %s", self.name, fault)
