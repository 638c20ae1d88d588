"""
Spans on their way to a collector: the JSON of OTLP over HTTP, which needs no library of its own.
"""

import logging
from collections.abc import Mapping, Sequence

import httpx2
import msgspec
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext

__all__ = ["OtlpExporter"]

_log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds
_JSON = {"content-type": "application/json"}

_encode = msgspec.json.Encoder().encode


class OtlpExporter(SpanExporter):
    """
    Posts spans to an endpoint such as ``http://127.0.0.1:4318/v1/traces``.

    What it does not take within seconds is dropped, and a line in the log.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._client = httpx2.Client(timeout=_PATIENCE, trust_env=False)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            reply = self._client.post(self._endpoint, content=_written(spans), headers=_JSON)
            reply.raise_for_status()
        except httpx2.HTTPError as fault:
            _log.warning("%d spans are lost: %s", len(spans), type(fault).__name__)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._client.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # nothing waits here
        return True


def _written(spans: Sequence[ReadableSpan]) -> bytes:
    """The request of OTLP; ids are in hexadecimal, numbers of 64 bits are texts."""
    resource = {"attributes": _pairs(spans[0].resource.attributes)} if spans else {}
    scope = {"name": "smscore"}
    scoped = [{"scope": scope, "spans": [_span(one) for one in spans]}]
    return _encode({"resourceSpans": [{"resource": resource, "scopeSpans": scoped}]})


def _span(span: ReadableSpan) -> dict[str, object]:
    written: dict[str, object] = {
        **_ids(span.context),
        "name": span.name,
        "kind": span.kind.value + 1,  # OTLP begins with one that is not told
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _pairs(span.attributes),
        "links": [_link(one) for one in span.links],
        "status": {"code": span.status.status_code.value},
    }
    if span.status.description:
        written["status"] = {
            "code": span.status.status_code.value,
            "message": span.status.description,
        }
    if span.parent is not None:
        written["parentSpanId"] = f"{span.parent.span_id:016x}"
    return written


def _link(link: Link) -> dict[str, object]:
    return {**_ids(link.context), "flags": int(link.context.trace_flags)}


def _ids(context: SpanContext) -> dict[str, str]:
    return {"traceId": f"{context.trace_id:032x}", "spanId": f"{context.span_id:016x}"}


def _pairs(attributes: Mapping[str, object] | None) -> list[dict[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in (attributes or {}).items()]


def _value(value: object) -> dict[str, str]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
