"""
Who may be called: public addresses, and the networks that the operator has allowed.
"""

import socket
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from smscore.errors import InvalidRequest

__all__ = ["Targets", "literal_address"]

_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052, 2.1: the last 32 bits are an IPv4 address
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, 2.5.5.1: the same, of old
_ASSIGNED = IPv6Network("2000::/3")  # RFC 4291, 2.4: all global unicast addresses are from here
_METADATA = (
    IPv4Network("192.0.0.0/24"),  # RFC 6890, 2.2.2; older Pythons know only some of it
    IPv4Network("168.63.129.16/32"),  # formally public, and answers machines of one hoster only
)


class Targets:
    """
    Decides about addresses, not about names: those are looked up first.

    An IPv6 address through which an IPv4 address is reached is as good as that one.
    """

    def __init__(self, allow: Sequence[str]) -> None:
        self._allowed = [ip_network(network) for network in allow]

    def are_allowed(self, addresses: Sequence[str]) -> bool:
        """Whether each of them may be called: a name with a forbidden one among them may not."""
        return bool(addresses) and all(self._is_allowed(address) for address in addresses)

    def check_host(self, host: str) -> None:
        """
        Refuse a literal address that may not be called, however it is written.

        Raises:
            InvalidRequest: it is one.
        """
        literal = literal_address(host)
        if literal is not None and not self._is_allowed(literal):
            reason = "it is not public, nor in a network that the operator allows"
            raise InvalidRequest(f"url must not name {literal}: {reason}")

    def _is_allowed(self, address: str) -> bool:
        parsed = ip_address(address.partition("%")[0])
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return all(self._is_reachable(one) for one in (parsed, *_behind(parsed)))

    def _is_reachable(self, address: IPv4Address | IPv6Address) -> bool:
        if any(address in network for network in self._allowed):
            return True
        return address.is_global and not address.is_multicast and _is_assigned(address)


def _is_assigned(address: IPv4Address | IPv6Address) -> bool:
    """Whether it may be somebody's in the public network, which Python does not tell."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _METADATA)
    return address in _ASSIGNED or address in _TRANSLATED


def literal_address(host: str) -> str | None:
    """The address that a host is, also as one number, in octal or in hexadecimal digits."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))  # reads what a look-up would read
    except OSError:
        return None


def _behind(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that may be reached through an address."""
    if not isinstance(address, IPv6Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
