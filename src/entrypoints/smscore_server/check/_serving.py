"""
What is right and wrong with how the server is reached from outside.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from smscore import GatewayConfig
from smscore.config import UNIX
from smscore_server._open_files import ENOUGH, most_open_files
from smscore_server.check._findings import Finding, note, wrong

__all__ = ["serving"]


def serving(config: GatewayConfig) -> Iterator[Finding]:
    """
    Whether what proxies say can be believed, answers can tell where they are, and connections have
    room.
    """
    http = config.http
    for network in http.trusted_proxies:
        if network != UNIX and ip_network(network).prefixlen == 0:
            yield wrong(
                "proxies",
                f"whoever calls is believed to be anybody: {network} is trusted",
                remedy="name the addresses of your proxies in [http] trusted_proxies",
            )
    if http.trusted_proxies and http.public_url is None:
        yield note(
            "proxies",
            "addresses in answers begin with the Host that a request names",
            remedy="say in [http] public_url where the proxy is",
        )
    if (most := most_open_files()) < ENOUGH:
        yield note(
            "files",
            f"a server started from here may have {most} open, and each connection is one",
            remedy=f"allow {ENOUGH} and more: 'ulimit -Hn', or LimitNOFILE= in its unit",
        )
