"""
What is measured of a gateway in a test, searched for secrets as its log is.

Whatever a test is about, its gateway counts and traces as one does whose operator wants both. At
the end the numbers are written down as ``/metrics`` tells them and the spans as they are exported.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from log_search import search
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from smscore import Gateway
from smscore.errors import GatewayError
from smscore_http._context import Context
from smscore_http.metrics._exposition import Exposition
from smscore_tracing import TRACED, Tracing

__all__ = ["Measured", "measured"]

_MOST = 10_000  # events


class Measured:
    """Made before the gateway is used; ``names`` are those that nobody is to be told either."""

    def __init__(self, gateway: Gateway, *, names: Iterable[str] = ()) -> None:
        self._gateway = gateway
        self._names = tuple(names)
        self._spans = InMemorySpanExporter()
        self._tracing = Tracing(SimpleSpanProcessor(self._spans))
        self._exposition = Exposition(Context(gateway))
        gateway.measure(self._tracing)

    def search(self) -> None:
        """While the store can be read still; one that a test has broken tells nothing more."""
        with suppress(GatewayError):
            for _, event in self._gateway.store.read(
                lambda view: view.events.since(0, limit=_MOST, kinds=TRACED)
            ):
                self._tracing.happened(event)
            body, _ = self._exposition.written("")
            search(body.decode().splitlines(), of="/metrics", literally=self._names)
        self._tracing.close()
        written = [span.to_json(indent=None) for span in self._spans.get_finished_spans()]
        search(written, of="spans", literally=self._names)


@contextmanager
def measured(gateway: Gateway, *, names: Iterable[str] = ("acme", "@")) -> Iterator[None]:
    """Within the block, which begins before the gateway runs; no address has to be told, either."""
    found = Measured(gateway, names=names)
    yield
    found.search()
