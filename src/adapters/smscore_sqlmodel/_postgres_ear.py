"""
Hearing what other processes commit: a connection that listens, on a thread of its own.
"""

import logging
import os
import select
import threading
from collections.abc import Callable, Collection

import msgspec
import psycopg

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._postgres import Link, PostgresServer, translated
from smscore_sqlmodel._postgres_commit import CHANNEL

__all__ = ["PostgresEar"]

_log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_topics = msgspec.json.Decoder(list[str] | None)


class PostgresEar:
    """
    Tells topics that were heard, and whenever something may have been missed.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """

    def __init__(
        self,
        server: PostgresServer,
        *,
        heard: Callable[[Collection[str]], None],
        missed: Callable[[], None],
        is_own: Callable[[int], bool],
    ) -> None:
        self._server = server
        self._heard = heard
        self._missed = missed
        self._is_own = is_own
        self._process = os.getpid()
        self._closing = threading.Lock()
        self._is_closed = False
        # Listens before the thread does: from now on nothing is missed.
        self._link = self._connect()
        self._woken, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="smscore ear", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening. May be called twice."""
        with self._closing:
            if self._is_closed or os.getpid() != self._process:
                return
            self._is_closed = True
        os.write(self._wake, b"\0")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)

    def _run(self) -> None:
        while True:
            try:
                if not self._listen():
                    break
            except (psycopg.Error, OSError, StoreUnavailable) as error:
                _log.warning("nothing is heard of other processes now: %s", translated(error))
            self._link.close()
            if not self._reconnect():
                return
        self._link.close()

    def _reconnect(self) -> bool:
        """Try until it succeeds; False: it was stopped."""
        pause = _FIRST_PAUSE
        while not _ready([self._woken], within=pause):
            try:
                self._link = self._connect()
            except StoreUnavailable:
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                _log.warning("other processes are heard again")
                self._missed()
                return True
        return False

    def _connect(self) -> Link:
        link = self._server.connect()
        try:
            link.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as cause:
            link.close()
            raise translated(cause) from cause
        return link

    def _listen(self) -> bool:
        """Until it is stopped: then False."""
        connection = self._link.pgconn
        while True:
            if self._woken in _ready([connection.socket, self._woken]):
                return False
            connection.consume_input()
            while (told := connection.notifies()) is not None:
                if not self._is_own(told.be_pid):
                    self._hear(told.extra)

    def _hear(self, news: bytes) -> None:
        topics = _topics.decode(news)
        if topics is None:
            self._missed()
        else:
            self._heard(topics)


def _ready(descriptors: Collection[int], *, within: float | None = None) -> Collection[int]:
    """Those that can be read; waits for one, so many seconds at most. They may have any number."""
    poll = select.poll()
    for one in descriptors:
        poll.register(one, select.POLLIN)
    return [one for one, _ in poll.poll(None if within is None else within * 1000)]
