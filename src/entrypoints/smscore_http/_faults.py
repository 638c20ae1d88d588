"""
What goes wrong before or instead of an answer, told in the shape of each surface.
"""

import logging
import secrets
from collections.abc import Awaitable, Mapping
from typing import Protocol

from msgspec import Struct

from smscore.errors import PluginError, Rejected, StoreError
from smscore_http._current import current_request
from smscore_http._requests import ClientGone, Headers, PayloadTooLarge, Reply, with_headers
from smscore_http._wire import encode_json

__all__ = ["PLAIN_JSON", "RETRY_SOON", "Coded", "Faults", "coded", "guarded", "method_not_allowed"]

_log = logging.getLogger(__name__)

RETRY_SOON: Headers = ((b"retry-after", b"5"),)


class Coded(Struct, kw_only=True):
    """What is wrong: `error` is for people and `code` for programs."""

    error: str
    code: str


def coded(status: int, error: str, code: str) -> Reply:
    """An error as everything below ``/api/`` and ``/download/`` tells it."""
    return Reply(status, encode_json(Coded(error=error, code=code)))


PLAIN_JSON: Mapping[int, Reply] = {
    404: coded(404, "Not found", "not_found"),
    405: coded(405, "Method not allowed", "method_not_allowed"),
    413: coded(413, "Payload too large", "payload_too_large"),
    431: coded(431, "Request header fields too large", "request_header_fields_too_large"),
    500: coded(500, "Internal error", "internal_error"),
}
"""404, 405, 413, 431 and 500 there."""


class Faults(Protocol):
    """How one surface tells what went wrong."""

    def plain(self, status: int) -> Reply:
        """404, 405, 413, 431 and 500: what no use case has decided."""
        ...

    def rejected(self, reason: Rejected) -> Reply:
        """The core refused the request."""
        ...

    def unavailable(self) -> Reply:
        """The store, or a plugin, did not do the work; nothing of it was kept."""
        ...


async def guarded(work: Awaitable[Reply], *, faults: Faults) -> Reply:
    """The handler's reply, or the surface's word for what it raised."""
    try:
        return await work
    except Rejected as reason:
        return faults.rejected(reason)
    except StoreError as cause:
        _log.warning("a request was not accepted: %s", cause)
        return faults.unavailable()
    except PluginError as cause:
        _log.exception("a request was not accepted: %s", cause)
        return faults.unavailable()
    except PayloadTooLarge:
        return faults.plain(413)
    except ClientGone:
        raise
    except Exception:  # noqa: BLE001  # the edge: a client must never see a stack trace
        current = current_request()
        correlation_id = secrets.token_hex(8) if current is None else current.id
        _log.exception("a request failed, correlation id %s", correlation_id)
        return with_headers(faults.plain(500), ((b"x-correlation-id", correlation_id.encode()),))


def method_not_allowed(faults: Faults, *, allowed: Mapping[str, object]) -> Reply:
    """405 with the methods that the path has."""
    allow = ", ".join(allowed).encode()
    return with_headers(faults.plain(405), ((b"allow", allow),))
