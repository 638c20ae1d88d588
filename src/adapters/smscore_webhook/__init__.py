"""
Webhooks over HTTP: signed posts to addresses that were checked, many at a time on one thread.
"""

from collections.abc import Sequence

from smscore import hookimpl
from smscore.ports.webhooks import WebhookSender
from smscore.registry import Registry

__all__ = ["make_webhook_sender", "smscore_register_webhook_senders"]


def make_webhook_sender(allow: Sequence[str] = ()) -> WebhookSender:
    """A sender; ``allow`` are networks that may be called besides all public addresses."""
    from smscore_webhook._sender import HttpSender
    from smscore_webhook._targets import Targets

    return HttpSender(targets=Targets(allow))


@hookimpl
def smscore_register_webhook_senders(registry: Registry) -> None:
    """Bring the sender along."""
    registry.webhook_sender(make_webhook_sender)
