"""
The transport: one relay, from the options of its channel to the mail that it is given.
"""

import logging
import random
import threading

from smscore.errors import NotReady
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.transport import ChannelHealth, Journal, SendJob, SendReceipt, TransportSink
from smscore_email._conversation import RelayDown
from smscore_email._line import IDLE, Line
from smscore_email._notices import Notices
from smscore_email._options import EmailOptions
from smscore_email._sender import Sender
from smscore_email._standing import Standing

__all__ = ["EmailChannel"]

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0


class EmailChannel:
    """
    One relay as a :class:`~smscore.ports.transport.Transport`.

    A thread of its own asks the relay at first, and after every trouble, whether it takes mail:
    messages wait meanwhile. Mail is handed over by whoever sends.
    """

    def __init__(self, name: str, options: EmailOptions, *, clock: Clock | None = None) -> None:
        self._name = name
        self._options = options
        self._clock = clock or SystemClock()
        self._standing = Standing(channel=name, options=options)
        self._line = Line(options, monotonic=self._clock.monotonic)
        self._notices = Notices(options, clock=self._clock)
        self._sender: Sender | None = None
        self._keeper: threading.Thread | None = None
        self._is_wanted = threading.Event()
        self._is_closing = threading.Event()

    def open(self, sink: TransportSink, journal: Journal) -> None:  # noqa: ARG002  # nothing comes in
        """Begin to work; returns before the relay has answered."""
        self._sender = Sender(
            channel=self._name,
            options=self._options,
            line=self._line,
            standing=self._standing,
            journal=journal,
            clock=self._clock,
        )
        self._keeper = threading.Thread(
            target=self._keep, name=f"smscore email {self._name}", daemon=True
        )
        self._keeper.start()

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that the relay does not have yet, in order."""
        if self._sender is None:
            raise NotReady(f"channel {self._name} is not open")
        try:
            return self._sender.send(job)
        except NotReady:
            self._is_wanted.set()
            raise

    def post(self, *, to: str, subject: str, text: str, mail_id: str) -> None:
        """Hand over a mail that is no message; whether the channel is open does not matter."""
        self._notices.post(to=to, subject=subject, text=text, mail_id=mail_id)

    def health(self) -> ChannelHealth:
        """How it was when the relay was last heard."""
        return self._standing.health()

    def close(self) -> None:
        """
        End at once; a mail whose last answer is outstanding ends in doubt.

        An attempt to connect is waited for, until its time is up.
        """
        self._is_closing.set()
        self._is_wanted.set()
        self._standing.close()
        self._line.close()
        self._notices.close()
        if self._keeper is not None:
            self._keeper.join()

    def _keep(self) -> None:
        """Until it is closed: ask after trouble, and hang up when nobody sends any more."""
        faults = 0
        while not self._is_closing.is_set():
            if self._standing.health().is_ready:
                faults = 0
                self._is_wanted.wait(IDLE)
                self._is_wanted.clear()
                with self._line.turn():
                    self._line.drop_if_idle()
            elif not self._try_out():
                self._is_closing.wait(self._pause(faults))
                faults += 1

    def _try_out(self) -> bool:
        try:
            with self._line.turn():
                self._line.try_out()
        except RelayDown as trouble:
            self._standing.troubled(trouble)
            return False
        except Exception:  # nothing may end a channel's thread
            log.exception("channel %s stumbled; it goes on after a pause", self._name)
            return False
        self._standing.well()
        return True

    def _pause(self, faults: int) -> float:
        """Longer with each failure in a row, and never quite the same for two of us."""
        pause = self._options.reconnect_delay * 2.0 ** min(faults, 16)
        return min(pause, _LONGEST_PAUSE) * random.uniform(0.75, 1.0)
