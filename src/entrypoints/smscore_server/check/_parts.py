"""
Which long messages wait for parts.
"""

from collections.abc import Iterator

from smscore import Gateway
from smscore.errors import GatewayError
from smscore_server._output import instant, several
from smscore_server.check._findings import Finding, note

__all__ = ["parts"]


def parts(gateway: Gateway) -> Iterator[Finding]:
    """Those that nobody has seen, and those that were kept with gaps; nothing if there are none."""
    try:
        groups = gateway.inquiry.open_groups()
    except GatewayError:
        return  # said already of the database
    unseen = [one.unseen_since for one in groups if one.unseen_since is not None]
    if unseen:
        wait = gateway.config.inbound.wait_for_parts
        yield note(
            "parts",
            f"{several(len(unseen), 'long message')} not all of whose parts have come, "
            f"the eldest since {instant(min(unseen))}",
            remedy=f"none needed: a running server keeps each with its gaps after {wait:g} s",
        )
    if len(groups) > len(unseen):
        count = several(len(groups) - len(unseen), "long message")
        yield note(
            "parts",
            f"{count} with gaps, whose missing parts may still come",
            remedy="'smscore messages received' shows them",
        )
