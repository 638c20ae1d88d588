"""
Opening and closing a transport, which is a stranger's code: waited for so long, and no longer.
"""

import logging
import threading
from collections.abc import Callable

from smscore.errors import GatewayError, PluginError

__all__ = ["Attended"]

_log = logging.getLogger(__name__)


class Attended:
    """
    The transport of one channel. What does not come back in time is left behind on its thread.

    ``origin`` is whose transport it is, in words, and ``patience`` the seconds for its opening.
    Unless it ``has_threads`` everything is done on the caller's thread, for as long as that takes.
    As long as a call is left behind the transport is not opened again.
    """

    def __init__(
        self,
        channel: str,
        *,
        origin: str,
        open_it: Callable[[], None],
        close_it: Callable[[], None],
        has_threads: Callable[[], bool],
        patience: float,
    ) -> None:
        self._channel = channel
        self._origin = origin
        self._open_it = open_it
        self._close_it = close_it
        self._has_threads = has_threads
        self._patience = patience
        self._opening: _Call | None = None
        self._closing: _Call | None = None

    def open(self) -> None:
        """
        Open it.

        Raises:
            PluginError: it failed, or has not come back in time. If it does later, it is closed.
        """
        for call, what in ((self._opening, "open"), (self._closing, "close")):
            if call is not None and not call.ends_within(0):
                raise PluginError(
                    f"the channel {self._channel!r} cannot be opened again: {what}() of "
                    f"{self._origin} has not come back since; end this process"
                )
        try:
            self._open()
        except GatewayError:
            raise
        except (Exception, SystemExit) as cause:  # a stranger's code
            raise PluginError(
                f"the channel {self._channel!r} cannot be opened: {type(cause).__name__}: {cause}; "
                f"mend {self._origin}, {self._without}"
            ) from cause

    def close(self) -> None:
        """Begin to close it; :meth:`await_close` waits for the end."""
        if not self._has_threads():
            self._close_it()
            return
        self._closing = _Call(f"smscore closing {self._channel}", self._close_it)

    def await_close(self, seconds: float) -> None:
        """Wait so long, and tell of what went wrong."""
        if self._closing is None:
            return
        if not self._closing.ends_within(seconds):
            _log.error(
                "close() of %s did not come back for the channel %s and is left behind: what it "
                "holds, such as a device, is free when this process ends",
                self._origin,
                self._channel,
            )
        elif self._closing.fault is not None:
            _log.error(
                "channel %s could not be closed", self._channel, exc_info=self._closing.fault
            )

    def _open(self) -> None:
        if not self._has_threads():
            self._open_it()
            return
        self._opening = opening = _Call(
            f"smscore opening {self._channel}", self._open_it, undo=self._close_it
        )
        try:
            opening.ends_within(self._patience)
        finally:
            is_left = opening.leave()
        if opening.fault is not None:
            raise opening.fault
        if is_left:
            raise PluginError(
                f"the channel {self._channel!r} cannot be opened: open() of {self._origin} did not "
                f"come back within {self._patience:g} s and is left behind; let it return before "
                f"the network is up, {self._without}"
            )

    @property
    def _without(self) -> str:
        return f"or take [channels.{self._channel}] out of the configuration"


class _Call:
    """A call on a thread of its own. What has been left and ends nevertheless is undone."""

    def __init__(
        self, name: str, call: Callable[[], None], *, undo: Callable[[], None] | None = None
    ) -> None:
        self.fault: BaseException | None = None
        self._call = call
        self._undo = undo
        self._turn = threading.Lock()
        self._has_ended = self._is_left = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def leave(self) -> bool:
        """Wait for it no more; says whether it was still under way."""
        with self._turn:
            self._is_left = not self._has_ended
            return self._is_left

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as fault:  # noqa: BLE001  # whoever waits raises it
            self.fault = fault
        with self._turn:
            self._has_ended = True
        if self._is_left and self._undo is not None:
            self._clear_up(self._undo)

    def _clear_up(self, undo: Callable[[], None]) -> None:
        try:
            undo()
        except Exception:  # noqa: BLE001  # a stranger's code, on the last line of its thread
            _log.exception("%s could not be undone", self._thread.name)
