"""
A gateway on a clock of the test's own that tells endpoints what happens, one step after another.
"""

import json
from datetime import timedelta
from typing import Any

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig, WebhooksConfig
from smscore.domain.messages import MessageId
from smscore.testing import (
    FakeSender,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
)
from smscore_policy import make_pattern_engine

__all__ = ["advance", "open_gateway", "settle", "submit", "told"]


def open_gateway(clock: ManualClock, store: MemoryStore, sender: FakeSender) -> Gateway:
    return build(
        GatewayConfig(
            plugins=PluginsConfig(enabled=()), webhooks=WebhooksConfig(disable_after=3 * 86_400)
        ),
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=PlainAuthenticator(store),
        webhook_sender=sender,
        pattern_engine=make_pattern_engine(),
        clock=clock,
    )


def submit(gateway: Gateway, **changes: Any) -> MessageId:
    fields = {"account": "acme", "to": "+491701234567", "text": "hi", **changes}
    return gateway.submissions.submit(**fields).message


def settle(gateway: Gateway) -> None:
    for _ in range(1000):
        if not gateway.run_pending():
            return
    raise AssertionError("it never comes to rest")


def advance(gateway: Gateway, clock: ManualClock, time: timedelta, *, steps: int) -> None:
    for _ in range(steps):
        clock.move(seconds=time.total_seconds() / steps)
        settle(gateway)


def told(sender: FakeSender) -> list[tuple[str, int]]:
    return [(json.loads(call.body)["event"], call.sequence) for call in sender.calls]
