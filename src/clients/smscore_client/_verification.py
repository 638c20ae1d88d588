"""
Whether a webhook was posted by the server that has the secret, and lately.

There are two signatures. That of Standard Webhooks covers the event's id and the time. The other
one covers the body alone, so that whoever has seen a post can post it again for ever; it counts
only for those who say that they do not mind.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from smscore_client._errors import InvalidSignature, UnreadableEvent
from smscore_client._events import Event, event_of
from smscore_client._fields import Unreadable, read_object

__all__ = ["verify_webhook"]

_PREFIX = "whsec_"


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance: float | None = 300.0,
    now: float | None = None,
) -> Event:
    """
    The event that a request to your endpoint tells of, if it was signed with the secret.

    ``body`` are the bytes as they arrived: JSON that was parsed and written again is not them.
    ``secret`` may be several, while they are being changed. ``tolerance`` is how many seconds the
    signature may be old, or from the future; with None any age will do, and so will the signature
    that covers the body alone. ``now``, in Unix seconds, is for tests.

    Raises:
        InvalidSignature: answer with 400, and do nothing.
        UnreadableEvent: it is the server's, and you need a newer client. Without an answer of 2xx
            the event is kept, and can be replayed.
        ValueError: there is no secret, or it is not made as the server makes them.
    """
    if not isinstance(body, bytes | bytearray | memoryview):
        raise TypeError("body must be the bytes of the request, before anything has parsed them")
    content, known = bytes(body), {name.lower(): value for name, value in headers.items()}
    secrets = _secrets(secret)
    event_id = known.get("webhook-id", "")
    if _has_standard_signature(content, known, secrets):
        _check_age(known["webhook-timestamp"], tolerance, time.time() if now is None else now)
    elif tolerance is None and _has_body_signature(content, known, secrets):
        event_id = ""
    else:
        raise InvalidSignature(_what_is_wrong(known, tolerance))
    try:
        fields = read_object(content)
        return event_of(fields, event_id=event_id or None, sequence=_sequence(known))
    except Unreadable as cause:
        raise UnreadableEvent(f"what was signed is no event: {cause}") from None


def _secrets(secret: str | Sequence[str]) -> Sequence[str]:
    secrets = [secret] if isinstance(secret, str) else list(secret)
    # An empty one, as from a setting that is missing, is a key that everybody knows.
    if not secrets or not all(one.removeprefix(_PREFIX) for one in secrets):
        raise ValueError("secret must not be empty: without one anybody could sign")
    return secrets


def _has_standard_signature(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str]
) -> bool:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    event_id, timestamp, given = (headers.get(name, "") for name in names)
    if not (event_id and timestamp and given):
        return False
    content = _bytes(f"{event_id}.{timestamp}.") + body
    found = [_bytes(one.removeprefix("v1,")) for one in given.split() if one.startswith("v1,")]
    # Every secret is compared with every signature: how long it takes tells nothing.
    matches = [
        hmac.compare_digest(base64.b64encode(_digest(_key(secret), content)), one)
        for secret in secrets
        for one in found
    ]
    return any(matches)


def _has_body_signature(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> bool:
    given = _bytes(headers.get("x-smsprovider-signature", ""))
    matches = [
        hmac.compare_digest(_digest(secret.encode(), body).hex().encode(), given)
        for secret in secrets
    ]
    return any(matches)


def _check_age(timestamp: str, tolerance: float | None, now: float) -> None:
    """After the signature: what is not signed proves no time."""
    if tolerance is None:
        return
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 15):
        raise InvalidSignature("webhook-timestamp is no time", "invalid_timestamp")
    if not abs(now - int(timestamp)) <= tolerance:  # of what is no number neither is true
        raise InvalidSignature("the signature is too old, or from the future", "invalid_timestamp")


def _what_is_wrong(headers: Mapping[str, str], tolerance: float | None) -> str:
    if "webhook-signature" in headers:
        return "no signature matches the secret"
    if tolerance is not None and "x-smsprovider-signature" in headers:
        return "there is only the signature that covers no time, and that is not asked for"
    return "no signature matches the secret, or there is none"


def _sequence(headers: Mapping[str, str]) -> int | None:
    said = headers.get("x-smsprovider-sequence", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("secret must be whsec_ and base64, as the server has shown it") from None


def _digest(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def _bytes(text: str) -> bytes:
    """What frameworks make of headers that are not ASCII must not be a fault of ours."""
    return text.encode("utf-8", "replace")
