"""
All numbers of one application, in the format that the reader understands best.
"""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from smscore_http._context import Context
from smscore_http.metrics._counting import Spread
from smscore_http.metrics._families import FAMILIES, Family, Kind
from smscore_http.metrics._happenings import TOLD, Happenings
from smscore_http.metrics._standing import Standing

__all__ = ["Exposition"]


class Exposition(Collector):
    """Counts from the moment when it is made, which is before the gateway runs."""

    def __init__(self, context: Context) -> None:
        gateway = context.gateway
        self._happenings = Happenings(gateway.transports)
        self._standing = Standing(context)
        gateway.measure(self._happenings)
        gateway.observe(self._happenings.happened, kinds=TOLD)
        # Of its own: two gateways in one process are not counted together.
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def written(self, accepted: str) -> tuple[bytes, str]:
        """The numbers and their content type; ``accepted`` is what the reader says of types."""
        encode, content_type = choose_encoder(accepted)
        return encode(self._registry), content_type

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are those of one collector, and of the library's own."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        gauges: dict[Family, dict[tuple[str, ...], float]] = {}
        for family, labels, value in self._standing.samples():
            gauges.setdefault(family, {})[labels] = value
        for family in FAMILIES:
            match family.kind:
                case Kind.COUNTER:
                    yield _counter(family, self._happenings.counts[family].read())
                case Kind.HISTOGRAM:
                    yield _histogram(family, self._happenings.distributions[family].read())
                case Kind.GAUGE:
                    yield _gauge(family, gauges.get(family, {}))


def _counter(family: Family, values: Mapping[tuple[str, ...], float]) -> Metric:
    metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in sorted(values.items()):
        metric.add_metric(labels, value)
    return metric


def _gauge(family: Family, values: Mapping[tuple[str, ...], float]) -> Metric:
    metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in sorted(values.items()):
        metric.add_metric(labels, value)
    return metric


def _histogram(family: Family, spread: Spread) -> Metric:
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    buckets = [
        (str(float(bound)), count) for bound, count in zip(family.bounds, spread.up_to, strict=True)
    ]
    metric.add_metric((), [*buckets, ("+Inf", spread.count)], spread.total)
    return metric
