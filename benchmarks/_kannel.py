"""
Kannel as a yardstick: unplugged, so that what it accepts stays in its spool, or with a network.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from _kannel_programs import KannelPrograms
from _servers import HERE, Program, Running, free_port

__all__ = ["KEY", "Kannel"]

KEY = "bench"
_EMPTIED = HERE.parent / "build/kannel-spool-emptied"
# ext4 gives out no inode that was freed in the last five minutes, and looks long for another one:
# after a spool of 300 000 files was deleted, Kannel stored a tenth of what it does otherwise.
_REST = 300  # seconds
_PATIENCE = 30  # seconds
_QUIET = ("-v", "3")  # errors and worse: ours writes no line a message either
_CONFIG = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {key}
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
box-deny-ip = "*.*.*.*"
log-level = 3
store-type = {store}
store-location = "{place}"
sms-outgoing-queue-limit = 100000000
# Else it looks through all that waits, in the middle of another program's turn.
sms-resend-freq = 86400

{smsc}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 3

group = sendsms-user
username = bench
password = {key}
default-sender = 12345

group = sms-service
keyword = default
text = "not used"
"""

# What is accepted has to wait: nothing listens there.
_UNPLUGGED = """\
group = smsc
smsc = smpp
smsc-id = unplugged
host = 127.0.0.1
port = {port}
smsc-username = bench
smsc-password = bench
system-type = ""
"""
# Its own stand-in for a network: whatever is connected there has it, and reports are made at once.
_INSTANT = """\
group = smsc
smsc = fake
smsc-id = instant
port = {port}
connect-allow-ip = 127.0.0.1
"""


class Kannel:
    """
    Both boxes; the load goes to one, and what they cost is what both cost.

    With ``is_instant`` its network takes and reports at once, and what is on its way is in one file
    and not in a spool of many: for messages that do not stay that is faster.
    """

    def __init__(
        self, programs: KannelPrograms, directory: Path, *, is_instant: bool = False
    ) -> None:
        self._spool = directory / "spool"
        self._spool.mkdir()
        if not is_instant:
            _rest()
        self._is_spooling = not is_instant
        self.port, admin, boxes, smsc = (free_port() for _ in range(4))
        path = directory / "kannel.conf"
        path.write_text(
            _CONFIG.format(
                key=KEY,
                sendsms=self.port,
                admin=admin,
                boxes=boxes,
                store="file" if is_instant else "spool",
                place=self._spool / "messages" if is_instant else self._spool,
                smsc=(_INSTANT if is_instant else _UNPLUGGED).format(port=smsc),
            )
        )
        bearerbox = Program(
            name="bearerbox",
            command=(programs.bearerbox, *_QUIET, str(path)),
            environment=programs.environment,
            health="/status.txt",
            port=admin,
        )
        smsbox = Program(
            name="smsbox",
            command=(programs.smsbox, *_QUIET, str(path)),
            environment=programs.environment,
            health="/",
            port=self.port,
        )
        with ExitStack() as stack:
            # Entered later, ended earlier: bearerbox waits for its smsbox to go.
            self._boxes = [
                stack.enter_context(Running(box, directory)) for box in (bearerbox, smsbox)
            ]
            if is_instant:
                stack.enter_context(_taking(smsc))
            self._stack = stack.pop_all()

    def cpu_seconds(self) -> float:
        """User and system time of both so far."""
        return sum(box.cpu_seconds() for box in self._boxes)

    def stored(self) -> int:
        """How many messages are in its spool, a file each."""
        return sum(len(files) for _, _, files in os.walk(self._spool))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)
        if self._is_spooling:
            _EMPTIED.touch()  # nearly: the directory is deleted when its part is over


@contextmanager
def _taking(port: int) -> Iterator[None]:
    """Be the network: take what comes."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port))
        except OSError:  # it listens a moment later than it answers
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            break
    taking = threading.Thread(target=_take, args=(connection,), daemon=True)
    taking.start()
    yield
    connection.shutdown(socket.SHUT_RDWR)
    taking.join()
    connection.close()


def _take(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


def _rest() -> None:
    """Wait until the file system has forgotten the spool of the run before."""
    left = _EMPTIED.stat().st_mtime + _REST - time.time() if _EMPTIED.exists() else 0
    if left > 0:
        print(f"waiting {left:.0f} s: a spool was deleted lately, see _REST", file=sys.stderr)
        time.sleep(left)
