"""
One run of the program that sends, and what its end means for the message.
"""

import enum
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

import attrs

__all__ = ["Ending", "Run", "Verdict", "verdict_of"]

_LONGEST_WORD = 200


@attrs.frozen(kw_only=True)
class Ending:
    """How a run ended: the status, negative for a signal, and what the program said."""

    status: int
    said: str = ""


class Verdict(enum.Enum):
    """What became of the message."""

    SENT = enum.auto()
    FORBIDDEN = enum.auto()  # it did not leave, nor will others: Android does not let it
    NOT_SENT = enum.auto()
    UNKNOWN = enum.auto()


def verdict_of(ending: Ending) -> Verdict:
    """
    By the status, and by what was said.

    The program is silent when all is well. It ends with 0 as well when the app behind it refuses,
    and says so then, of a permission that is missing.
    """
    if "permission" in ending.said.lower():
        return Verdict.FORBIDDEN
    if ending.status > 0:
        return Verdict.NOT_SENT
    return Verdict.SENT if ending.status == 0 and not ending.said else Verdict.UNKNOWN


class Run:
    """
    The program while it runs, in a session of its own: Ctrl-C is not for it.

    Raises:
        OSError: it could not be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # no shell, and an operator named it
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def end(self, text: str, *, timeout: float) -> Ending:
        """Give it the text, and wait for its end; it is killed when the time is over."""
        with self._process:
            try:
                said, _ = self._process.communicate(text.encode(), timeout=timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                said, _ = self._process.communicate()
        words = " ".join(said.decode(errors="replace").split())
        return Ending(status=self._process.returncode, said=words[:_LONGEST_WORD])

    def kill(self) -> None:
        """End it and what it has started, whatever they do."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
