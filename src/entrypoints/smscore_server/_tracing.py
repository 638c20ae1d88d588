"""
Traces of a server, sent to where the operator collects them.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from smscore import Gateway
from smscore.errors import ConfigurationError

__all__ = ["traced"]


@contextmanager
def traced(gateway: Gateway) -> Iterator[None]:
    """
    Trace the gateway until the block ends, if its configuration says where to.

    Raises:
        ConfigurationError: the libraries for it are not installed.
    """
    config = gateway.config.tracing
    if config.endpoint is None:
        yield
        return
    try:
        # Loaded here: few have traces, and these libraries take their time.
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from smscore_tracing import TRACED, OtlpExporter, Tracing
    except ImportError as cause:
        raise ConfigurationError(
            "[tracing] needs libraries that are not installed; run pip install 'smscore[tracing]'"
        ) from cause
    processor = BatchSpanProcessor(OtlpExporter(config.endpoint))
    tracing = Tracing(processor, ratio=config.ratio)
    gateway.measure(tracing)
    gateway.observe(tracing.happened, kinds=TRACED)
    over = threading.Event()
    # A server without channels hears of no events, with which requests are told else.
    catching_up = threading.Thread(
        target=_each_second, args=(tracing.catch_up, over), name="smscore traces", daemon=True
    )
    catching_up.start()
    try:
        yield
    finally:
        over.set()
        catching_up.join()
        tracing.close()


def _each_second(step: Callable[[], None], over: threading.Event) -> None:
    while not over.wait(1.0):
        step()
