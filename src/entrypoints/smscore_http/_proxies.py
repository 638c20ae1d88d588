"""
Whose request it is that a proxy passes on: what proxies say is believed of those that are trusted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple

from smscore.config import UNIX, HttpConfig, ProxyHeader

__all__ = ["Origin", "Proxies", "address_in"]

_MOST_HOPS = 32
_UNKNOWN = "unknown"
_PEERS_REMEMBERED = 1024

# RFC 7239, 4; a comma in a quoted string is no address's, and parts elements here.
_PAIR = re.compile(r'\s*([A-Za-z-]+)=(?:"([^"\\]*)"|([^\s";,]+))\s*')
_PORT = r"(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?"
_BRACKETED = re.compile(rf"\[([0-9A-Fa-f:.]+)\]{_PORT}")
_WITH_PORT = re.compile(rf"([0-9]+(?:\.[0-9]+){{3}}){_PORT}")

Address = IPv4Address | IPv6Address


class Origin(NamedTuple):
    """Where a request comes from: the client's address, and ``http`` or ``https``."""

    address: str
    scheme: str


class _Hop(NamedTuple):
    """What one proxy says of who called it; None: nothing that can be understood."""

    address: Address | None
    scheme: str | None


class Proxies:
    """The proxies that are trusted: networks, and ``unix`` for those at a unix socket."""

    def __init__(
        self, networks: Sequence[str], *, header: ProxyHeader = ProxyHeader.X_FORWARDED
    ) -> None:
        self._are_any = bool(networks)
        self._has_unix = UNIX in networks
        self._networks = [ip_network(one) for one in networks if one != UNIX]
        self._hops = _x_forwarded if header is ProxyHeader.X_FORWARDED else _forwarded
        self._is_trusted_peer = lru_cache(_PEERS_REMEMBERED)(self._is_trusted_text)

    @classmethod
    def of(cls, config: HttpConfig) -> "Proxies":
        """The configured ones."""
        return cls(config.trusted_proxies, header=config.proxy_header)

    def origin(self, scope: Mapping[str, Any]) -> Origin:
        """
        Where the request of an ASGI scope comes from.

        From right to left, who is trusted is believed: the first one who is not is the client. What
        cannot be understood ends the search at the last one who was.
        """
        peer, scheme = scope.get("client"), str(scope.get("scheme", "http"))
        found = Origin(str(peer[0]) if peer else _UNKNOWN, scheme)
        if not self._are_any:
            return found
        if not (self._is_trusted_peer(found.address) if peer else self._has_unix):
            return found
        for hop in self._hops(scope["headers"]):
            if hop.address is None:
                return Origin(found.address, hop.scheme or found.scheme)
            found = Origin(str(hop.address), hop.scheme or found.scheme)
            if not self._is_trusted(hop.address):
                break
        return found

    def _is_trusted_text(self, address: str) -> bool:
        found = address_in(address)
        return found is not None and self._is_trusted(found)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def address_in(text: str) -> Address | None:
    """
    The address in a node's name, such as ``[2001:db8::1]:443``; None if there is none.

    An IPv4 address that is mapped into IPv6 is that IPv4 address.
    """
    text = text.strip()
    found = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(found[1] if found else text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _x_forwarded(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[_Hop]:
    """The nearest first. Of schemes there may be one for all, or one for each."""
    headers = list(headers)
    addresses = _elements(headers, b"x-forwarded-for")
    schemes = _elements(headers, b"x-forwarded-proto")
    if schemes and not addresses:
        addresses = [""]
    for place, text in enumerate(addresses):
        scheme = schemes[min(place, len(schemes) - 1)] if schemes else ""
        yield _Hop(address_in(text), _scheme_in(scheme))


def _forwarded(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[_Hop]:
    """The nearest first."""
    for element in _elements(headers, b"forwarded"):
        said: dict[str, str] = {}
        for pair in element.split(";"):
            if (found := _PAIR.fullmatch(pair)) is None:
                said.clear()
                break
            said[found[1].lower()] = found[2] if found[2] is not None else found[3]
        yield _Hop(address_in(said.get("for", "")), _scheme_in(said.get("proto", "")))


def _elements(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """A header's elements from right to left; several lines are one list (RFC 9110, 5.3)."""
    joined = b",".join(value for key, value in headers if key == name)
    parts = joined.decode("latin-1").rsplit(",", _MOST_HOPS) if joined else []
    return parts[::-1][:_MOST_HOPS]


def _scheme_in(text: str) -> str | None:
    lowered = text.strip().lower()
    return lowered if lowered in ("http", "https") else None
