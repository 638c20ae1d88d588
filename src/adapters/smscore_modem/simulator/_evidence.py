"""
What the virtual network took, written down before anybody is told: proof when a client is killed.
"""

import json
import os
from pathlib import Path

from smscore.ports.clock import Clock
from smscore_modem.simulator._modem import Submission

__all__ = ["Evidence"]


class Evidence:
    """A file of JSON lines; with ``sync`` each is on the disk before :meth:`record` returns."""

    def __init__(self, path: Path, *, clock: Clock, sync: bool = True) -> None:
        self._clock = clock
        self._sync = sync
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def record(self, submission: Submission) -> None:
        """Add one message."""
        line = {
            "time": self._clock.now().isoformat(),
            "modem": submission.modem,
            "recipient": str(submission.submit.recipient),
            "mr": submission.reference,
            "pdu": submission.pdu.hex().upper(),
        }
        os.write(self._file, json.dumps(line).encode() + b"\n")
        if self._sync:
            os.fsync(self._file)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._file)
