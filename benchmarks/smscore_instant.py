"""
A plugin for benchmarks: the transport ``instant``, a network that takes and reports at once.

It keeps the promises of a transport as a real one would: marks before and after each part, reports
from a thread of its own, one after the other.
"""

import itertools
import queue
import threading
from datetime import UTC, datetime

import attrs

from smscore.domain.deliveries import DeliveryReport, ReportOutcome
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

__all__ = ["InstantTransport", "smscore_register_transports"]

_CAPABILITIES = Capabilities(delivery_reports=True)


@attrs.frozen
class _Options:
    """None."""


class InstantTransport:
    """One channel of that network."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._references = itertools.count(1)
        self._taken: queue.SimpleQueue[tuple[SendJob, str] | None] = queue.SimpleQueue()
        self._reporting: threading.Thread | None = None

    def open(self, sink: TransportSink, journal: Journal) -> None:
        self._journal = journal
        self._reporting = threading.Thread(target=self._report, args=(sink,), daemon=True)
        self._reporting.start()

    def send(self, job: SendJob) -> SendReceipt:
        references: list[str | None] = []
        for part in range(1, job.segments.count + 1):
            if part in job.accepted:
                references.append(None)
                continue
            self._journal.submitting(job, part)
            reference = str(next(self._references))
            references.append(reference)
            self._journal.accepted(job, part, reference)
            self._taken.put((job, reference))
        return SendReceipt(references=tuple(references))

    def health(self) -> ChannelHealth:
        return ChannelHealth(is_ready=True, detail="instant")

    def close(self) -> None:
        self._taken.put(None)
        if self._reporting is not None:
            self._reporting.join()
            self._reporting = None

    def _report(self, sink: TransportSink) -> None:
        while (taken := self._taken.get()) is not None:
            job, reference = taken
            sink.reported(
                DeliveryReport(
                    channel=self._name,
                    reference=reference,
                    recipient=job.recipient,
                    outcome=ReportOutcome.DELIVERED,
                    received_at=datetime.now(UTC),
                )
            )


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``instant``."""
    registry.transport(
        kind="instant",
        options=_Options,
        make=lambda name, _: InstantTransport(name),
        capabilities=_CAPABILITIES,
    )
