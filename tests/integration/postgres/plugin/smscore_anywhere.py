"""
A plugin for tests: a channel that any host can carry, whose network is a file.
"""

import os
import time
from pathlib import Path

import attrs

from smscore.hookspecs import hookimpl
from smscore.ports.transport import (
    Capabilities,
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    TransportSink,
)
from smscore.registry import Registry

__all__ = ["AnywhereOptions", "smscore_register_transports"]


@attrs.frozen(kw_only=True)
class AnywhereOptions:
    """``log``: where each part is written down that the network has taken."""

    log: str


class Anywhere:
    """Takes everything at once; who took it stands in the file."""

    def __init__(self, name: str, options: AnywhereOptions) -> None:
        self._name = name
        self._log = Path(options.log)

    def open(self, sink: TransportSink, journal: Journal) -> None:  # nothing arrives
        self._journal = journal

    def send(self, job: SendJob) -> SendReceipt:
        references = {part: f"{job.message:016x}-{part}" for part in job.missing}
        for part, reference in references.items():
            self._journal.submitting(job, part)
            line = f"{job.recipient.value} {part} {os.getpid()} {time.monotonic()}\n".encode()
            file = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(file, line)
            os.close(file)
            self._journal.accepted(job, part, reference)
        return job.receipt(references)

    def health(self) -> ChannelHealth:
        return ChannelHealth(is_ready=True, detail="ready")

    def close(self) -> None:
        """There is nothing to be closed."""


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``anywhere``."""
    registry.transport(
        kind="anywhere", options=AnywhereOptions, make=Anywhere, capabilities=Capabilities()
    )
