"""
One open port, over which one dialogue after another is held.
"""

from collections.abc import Callable

from smscore_modem._line._dialogue import Dialogue
from smscore_modem._line._events import Notification
from smscore_modem._line._owed import Owed
from smscore_modem._line._transcript import Transcript
from smscore_modem._start._ports import Connect
from smscore_modem._time import Time

__all__ = ["Wire"]


class Wire:
    """
    An open port; what arrives goes to the dialogue that was begun last.

    ``wake`` is called on the reader thread when the port is gone.
    """

    def __init__(
        self,
        connect: Connect,
        path: str,
        *,
        baudrate: int,
        name: str,
        notify: Callable[[Notification], None],
        wake: Callable[[], None],
        time: Time,
        transcript: Transcript | None,
    ) -> None:
        self.path = path
        self.is_gone = False
        self._notify = notify
        self._wake = wake
        self._time = time
        self._transcript = transcript
        self._dialogue = self._new()
        self._port = connect(
            path, baudrate=baudrate, on_bytes=self._receive, on_lost=self._lost, name=name
        )

    def begin(self) -> Dialogue:
        """A new dialogue; nobody can ask in the one before any more."""
        self._dialogue.lose("another dialogue was begun")
        dialogue = self._new(owed=self._dialogue.owed)
        dialogue.attach(self._port)
        self._dialogue = dialogue
        if self.is_gone:
            dialogue.lose("the port is gone")
        return dialogue

    def close(self) -> None:
        """Give the port back. May be called twice."""
        self._dialogue.lose("the port is being closed")
        self._port.close()

    def _new(self, *, owed: Owed | None = None) -> Dialogue:
        return Dialogue(self._notify, time=self._time, transcript=self._transcript, owed=owed)

    def _receive(self, data: bytes) -> None:
        self._dialogue.receive(data)

    def _lost(self, reason: str) -> None:
        self.is_gone = True
        self._dialogue.lose(reason)
        self._wake()
