"""
What is right and wrong with alerts: whether somebody can hear of them, and what is raised.
"""

from collections.abc import Iterator
from datetime import timedelta

from smscore import Gateway
from smscore.errors import GatewayError
from smscore.services.alerting import ActiveAlert
from smscore_server._output import instant, printable
from smscore_server.check._findings import Finding, note, ok, wrong

__all__ = ["alerts"]

_FRESH = timedelta(minutes=1)


def alerts(gateway: Gateway) -> Iterator[Finding]:
    """Nothing of an installation that has no receivers."""
    receivers = gateway.config.alerts.receivers
    if not receivers:
        return
    try:
        gateway.alerts.check()
    except GatewayError as fault:
        yield wrong("alerts", str(fault), remedy="docs/operating.md explains each key")
        return
    yield ok("alerts", f"told to {', '.join(receivers)}; 'smscore alerts test NAME' tries one")
    try:
        found = gateway.alerts.active()
    except GatewayError:
        return  # said already of the database
    for one in found:
        yield _raised(one, is_fresh=gateway.clock.now() - one.seen_at < _FRESH)


def _raised(one: ActiveAlert, *, is_fresh: bool) -> Finding:
    subject = f"alert {one.kind.value}"
    detail = f"{printable(one.detail)}; raised at {instant(one.raised_at)}"
    if is_fresh:
        return wrong(subject, detail, remedy=printable(one.remedy))
    return note(subject, f"{detail}, and no server has looked since {instant(one.seen_at)}")
