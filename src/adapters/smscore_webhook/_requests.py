"""
Calls as requests: the bytes that are written to a connection.
"""

from collections.abc import Iterable
from urllib.parse import SplitResult

from smscore.ports.webhooks import Call, Push
from smscore_webhook._signature import signed_headers

__all__ = ["call_request", "push_request"]

_FORM = "application/x-www-form-urlencoded"


def call_request(url: SplitResult, call: Call) -> bytes:
    """An event, posted and signed."""
    return _request(url, "application/json", call.body, signed_headers(call))


def push_request(url: SplitResult, push: Push) -> bytes:
    """
    What a rule has called: a form that is posted, or an address that is got.

    Simple receivers answer before they have read a form, and take it for the next request.
    """
    headers = [("Connection", "close"), ("Idempotency-Key", push.push_id)]
    return _request(url, _FORM, push.form, headers)


def _request(
    url: SplitResult, kind: str, body: bytes | None, headers: Iterable[tuple[str, str]]
) -> bytes:
    """With a body it is posted; without one the address is got."""
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    head = [
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1",
        f"Host: {url.netloc.rpartition('@')[2]}",
        "User-Agent: smscore",
        "Accept: */*",
        "Accept-Encoding: identity",
        *([] if body is None else [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]),
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(head).encode("ascii") + b"\r\n\r\n" + (body or b"")
