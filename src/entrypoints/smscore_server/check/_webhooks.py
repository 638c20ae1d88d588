"""
What is right and wrong with webhooks: whether any are posted, and which endpoints do not hear.
"""

from collections.abc import Iterator

from smscore import Gateway, GatewayConfig
from smscore.domain.webhooks import Webhook
from smscore.errors import GatewayError
from smscore.plugins import LoadedPlugins
from smscore_server._output import instant, printable, several
from smscore_server.check._findings import Finding, note, ok, wrong

__all__ = ["endpoints", "webhooks"]


def webhooks(config: GatewayConfig, loaded: LoadedPlugins) -> Finding:
    """Who posts, and where to."""
    if loaded.registry.webhook_sender_maker() is None:
        return note("webhooks", "no plugin posts any; enable 'webhook', and nothing is missed")
    besides = f" and in {', '.join(config.webhooks.allow)}" if config.webhooks.allow else ""
    return ok("webhooks", f"posted to public addresses{besides}")


def endpoints(gateway: Gateway) -> Iterator[Finding]:
    """Those that do not hear what they should. Addresses stay unsaid: secrets may be in them."""
    try:
        found = gateway.webhooks.troubles()
        names = {one.id: one.name for one in gateway.inquiry.accounts()}
    except GatewayError:
        return  # said already of the database
    for webhook in found.webhooks:
        yield _endpoint(webhook)
    for number, count in found.given_up.items():
        yield note(
            f"deliveries of wh_{number:016x}",
            _given_up(count),
            remedy=f"when the endpoint is well, 'smscore webhooks replay wh_{number:016x}'",
        )
    for (account, host), count in found.callbacks.items():
        name = printable(names.get(account, ""))
        yield note(
            f"callbacks to {printable(host)}",
            f"{_given_up(count)}, of account {name}",
            remedy=f"when it is well, 'smscore webhooks replay-callbacks --account {name}'",
        )


def _endpoint(webhook: Webhook) -> Finding:
    name = webhook.endpoint
    since = f"nothing has reached it since {instant(webhook.failing_since)}"
    if webhook.is_active:
        remedy = f"'smscore webhooks deliveries {name}' says what comes back"
        return note(f"webhook {name}", since, remedy=remedy)
    if webhook.failing_since is None:
        remedy = f"smscore webhooks enable {name}, or remove it"
        return note(f"webhook {name}", "switched off; what is pending waits", remedy=remedy)
    remedy = f"mend the endpoint, then 'smscore webhooks enable {name}'"
    return wrong(f"webhook {name}", f"switched off, for {since}", remedy=remedy)


def _given_up(count: int) -> str:
    return f"{several(count, 'delivery', plural='deliveries')} given up"
