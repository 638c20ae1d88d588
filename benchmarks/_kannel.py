"""
Kannel as a yardstick: what it accepts stays in its spool, for nobody answers where it would send.
"""

import os
import sys
import time
from contextlib import ExitStack
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
store-type = spool
store-location = "{spool}"
sms-outgoing-queue-limit = 100000000
# Else it looks through all that waits, in the middle of another program's turn.
sms-resend-freq = 86400

# What is accepted has to wait: nothing listens there.
group = smsc
smsc = smpp
smsc-id = unplugged
host = 127.0.0.1
port = {nobody}
smsc-username = {key}
smsc-password = {key}
system-type = ""

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


class Kannel:
    """Both boxes; the load goes to one, and what they cost is what both cost."""

    def __init__(self, programs: KannelPrograms, directory: Path) -> None:
        _rest()
        self._spool = directory / "spool"
        self._spool.mkdir()
        self.port, admin, boxes, nobody = (free_port() for _ in range(4))
        path = directory / "kannel.conf"
        path.write_text(
            _CONFIG.format(
                key=KEY,
                sendsms=self.port,
                admin=admin,
                boxes=boxes,
                nobody=nobody,
                spool=self._spool,
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
        _EMPTIED.touch()  # nearly: the directory is deleted when its part is over


def _rest() -> None:
    """Wait until the file system has forgotten the spool of the run before."""
    left = _EMPTIED.stat().st_mtime + _REST - time.time() if _EMPTIED.exists() else 0
    if left > 0:
        print(f"waiting {left:.0f} s: a spool was deleted lately, see _REST", file=sys.stderr)
        time.sleep(left)
