"""
What is right and wrong with webhooks: whether any are posted, and which endpoints do not hear.
"""

from collections.abc import Iterator

from smscore import Gateway, GatewayConfig
from smscore.domain.destinations import HttpCall, IsmsPush
from smscore.domain.webhooks import Webhook
from smscore.errors import GatewayError
from smscore.plugins import LoadedPlugins
from smscore.services.webhooks import Troubles
from smscore_server._output import instant, printable, several
from smscore_server.check._findings import Finding, note, ok, wrong

__all__ = ["endpoints", "receivers", "webhooks"]


def webhooks(config: GatewayConfig, loaded: LoadedPlugins) -> Finding:
    """Who posts, and where to."""
    if loaded.registry.webhook_sender_maker() is None:
        return note("webhooks", "no plugin posts any; enable 'webhook', and nothing is missed")
    besides = f" and in {', '.join(config.webhooks.allow)}" if config.webhooks.allow else ""
    return ok("webhooks", f"posted to public addresses{besides}")


def receivers(gateway: Gateway, loaded: LoadedPlugins) -> Iterator[Finding]:
    """Whether anybody makes the calls that rules ask for."""
    if loaded.registry.webhook_sender_maker() is not None:
        return
    try:
        inbound = gateway.rules.current().inbound
    except GatewayError:
        return  # said already of the database
    named = [one for rule in inbound for one in rule.destinations]
    if calls := sum(isinstance(one, HttpCall | IsmsPush) for one in named):
        what = f"rules call {several(calls, 'receiver')}, and no plugin does it: pushes wait"
        yield wrong("pushes", what, remedy="enable the plugin 'webhook'")


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
    yield from _pushes(found)


def _pushes(found: Troubles) -> Iterator[Finding]:
    for host, late in found.late.items():
        yield note(
            f"pushes to {printable(host)}",
            f"tried in vain, and will be again: {printable(late.last_error or 'no answer')}",
            remedy=f"'smscore explain in_{late.message:016x}' says what came back",
        )
    for host, count in found.pushes.items():
        yield note(
            f"pushes to {printable(host)}",
            f"{several(count, 'push', plural='pushes')} given up",
            remedy=f"when it is well, 'smscore webhooks replay-pushes --host {printable(host)}'",
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
