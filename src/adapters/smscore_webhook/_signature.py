"""
What proves to an endpoint who posted: the documented signature, and that of Standard Webhooks.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from smscore.ports.webhooks import Call

__all__ = ["provider_signature", "signed_headers", "standard_signature"]

_PREFIX = "whsec_"


def signed_headers(call: Call) -> list[tuple[str, str]]:
    """All headers by which an endpoint recognises an event, in the order in which they are sent."""
    seconds = int(call.at.timestamp())
    return [
        ("X-SMSProvider-Signature", provider_signature(call.body, secret=call.secrets[0])),
        ("X-SMSProvider-Sequence", str(call.sequence)),
        ("webhook-id", call.event_id),
        ("webhook-timestamp", str(seconds)),
        ("webhook-signature", _standard_signatures(call, seconds, call.secrets)),
    ]


def provider_signature(body: bytes, *, secret: str) -> str:
    """The documented one, over the body alone. Its key is the whole secret as it is written."""
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def standard_signature(body: bytes, *, event_id: str, seconds: int, secret: str) -> str:
    """That of Standard Webhooks, which binds the id and the time. Its key is what is encoded."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    content = b"%s.%d.%s" % (event_id.encode(), seconds, body)
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def _standard_signatures(call: Call, seconds: int, secrets: Sequence[str]) -> str:
    return " ".join(
        standard_signature(call.body, event_id=call.event_id, seconds=seconds, secret=secret)
        for secret in secrets
    )
