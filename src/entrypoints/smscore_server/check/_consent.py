"""
What is right and wrong with consent: whether those who opted out are recognised.
"""

from collections.abc import Iterator

from smscore import Gateway
from smscore.errors import ConfigurationError, GatewayError, StoreUnavailable
from smscore_server._output import several
from smscore_server.check._findings import Finding, ok, wrong

__all__ = ["opt_outs"]


def opt_outs(gateway: Gateway) -> Iterator[Finding]:
    """Nothing is said where nobody opted out."""
    try:
        count = sum(gateway.consent.counts().values())
    except GatewayError:
        return  # said already of the database
    if not count:
        return
    try:
        gateway.consent.check()
    except (ConfigurationError, StoreUnavailable) as fault:
        remedy = "restore the key file; until then nothing is sent"
        yield wrong("opt-outs", str(fault), remedy=remedy)
    else:
        yield ok("opt-outs", f"{several(count, 'opt-out or entry', plural='opt-outs and entries')}")
