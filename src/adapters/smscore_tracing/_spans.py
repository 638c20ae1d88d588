"""
Spans with ids that follow from the message, begun and ended when they are written down.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from smscore.domain.messages import MessageId
from smscore.domain.traces import Caller, root_of, span_of, trace_of

__all__ = ["Record", "Spans", "link_to", "link_to_root"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


@attrs.frozen(kw_only=True)
class Record:
    """What is known of a span when it is over."""

    name: str
    message: MessageId
    begins: datetime
    ends: datetime
    kind: SpanKind = SpanKind.INTERNAL
    attributes: Mapping[str, str | int] = attrs.field(factory=dict)
    links: Sequence[Link] = ()
    error: str | None = None  # one word
    sequence: int | None = None  # of the event that ends it, if that is one


class Spans:
    """Hands spans to the processor. Any thread may call; ``ratio`` is of the traces that count."""

    def __init__(self, processor: SpanProcessor, *, service: str, ratio: float) -> None:
        self._ids = _Ids()
        self._lock = threading.Lock()
        # Of our own: the host's may sample, and makes ids, as it wants to.
        self._provider = TracerProvider(
            id_generator=self._ids,
            # By its id, and so the same for all spans of a trace, whoever makes them.
            sampler=TraceIdRatioBased(ratio),
            resource=Resource({"service.name": service}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("smscore")

    def root(self, record: Record) -> None:
        """The first span of a message's trace."""
        with self._lock:
            self._ids.next = trace_of(record.message), root_of(record.message)
            self._write(record, Context())

    def below(self, record: Record, *, parent: SpanContext | None = None) -> SpanContext:
        """
        A span below another of its message, and what is below it can be told.

        None: below the first one, which may have been written by another process.
        """
        above = NonRecordingSpan(parent or _root_context(record.message))
        with self._lock:
            if record.sequence is not None:
                span = span_of(record.message, record.name, record.sequence)
                self._ids.next = trace_of(record.message), span
            return self._write(record, set_span_in_context(above, Context()))

    def close(self) -> None:
        """Let the processor hand over what it has."""
        self._provider.shutdown()

    def _write(self, record: Record, context: Context) -> SpanContext:
        span = self._tracer.start_span(
            record.name,
            context,
            kind=record.kind,
            attributes={
                "messaging.system": "smscore",
                "messaging.message.id": f"{record.message:016x}",
                **record.attributes,
            },
            links=record.links,
            start_time=_nanoseconds(record.begins),
        )
        if record.error is not None:
            span.set_status(Status(StatusCode.ERROR, record.error))
        span.end(_nanoseconds(record.ends))
        return span.get_span_context()


def link_to_root(message: MessageId) -> Link:
    """The first span of another message's trace."""
    return Link(_root_context(message))


def _root_context(message: MessageId) -> SpanContext:
    return SpanContext(trace_of(message), root_of(message), is_remote=True, trace_flags=_SAMPLED)


def link_to(caller: Caller) -> Link:
    """Whoever asked, in a trace of their own."""
    flags = _SAMPLED if caller.is_sampled else TraceFlags(TraceFlags.DEFAULT)
    return Link(SpanContext(caller.trace, caller.span, is_remote=True, trace_flags=flags))


class _Ids(IdGenerator):
    """Random ones, but for spans whose ids were told before: others may have told them, too."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()
        self.next: tuple[int, int] | None = None

    def generate_trace_id(self) -> int:
        return self._random.generate_trace_id() if self.next is None else self.next[0]

    def generate_span_id(self) -> int:
        told, self.next = self.next, None
        return self._random.generate_span_id() if told is None else told[1]


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND * 1000
