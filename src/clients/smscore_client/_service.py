"""
Which server is called, with which key, and how its requests look.
"""

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import attrs

from smscore_client._call import Call

if TYPE_CHECKING:
    import httpx2

__all__ = ["Service", "service_of"]


@attrs.frozen(kw_only=True)
class Service:
    """A server and a key for it, which nothing shows."""

    base_url: str
    api_key: str = attrs.field(repr=False)

    def request(self, call: Call[object], *, seconds: float) -> "httpx2.Request":
        """The call as a request; each step of it may take so long."""
        import httpx2

        return httpx2.Request(
            call.method,
            self.base_url + call.target,
            content=call.body or b"",
            headers={
                "Authorization": f"Bearer {self.api_key}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "smscore_client",
                **call.headers,
            },
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )


def service_of(api_key: str, *, base_url: str) -> Service:
    """
    A service whose values can be sent as they are. A ``/v1`` at the end of the URL is dropped.

    Raises:
        ValueError: the key or the URL cannot be right.
    """
    key = api_key.strip()
    if not (key.isascii() and key.isprintable()) or not key or " " in key:
        raise ValueError("api_key must be one word of ASCII characters, as the server has shown it")
    parts = urlsplit(base_url)
    if not base_url.isprintable() or " " in base_url or not _has_port(parts):
        raise ValueError("base_url must be one word, with a port that exists or without one")
    if parts.scheme not in ("http", "https") or not parts.hostname or set(base_url) & {"?", "#"}:
        raise ValueError("base_url must look like https://sms.example.com")
    if parts.username is not None:
        raise ValueError("base_url must hold no user or password")
    return Service(base_url=base_url.rstrip("/").removesuffix("/v1").rstrip("/"), api_key=key)


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
