"""
Parameters that calls of several surfaces have.
"""

from typing import Annotated

from smscore.services.submission import LONGEST_KEY
from smscore_http._schemas import spelt
from smscore_http.openapi._operations import Parameter

__all__ = ["IDEMPOTENCY_HEADER", "IDEMPOTENCY_PARAMETER", "IdempotencyKey"]

IdempotencyKey = Annotated[str, spelt(f"[ -~]{{1,{LONGEST_KEY}}}")]

IDEMPOTENCY_HEADER = Parameter(
    name="Idempotency-Key",
    place="header",
    shape=IdempotencyKey,
    description=(
        "The same key with the same content gets the first answer again for 24 hours, and nothing "
        "is sent twice."
    ),
)

IDEMPOTENCY_PARAMETER = Parameter(
    name="idempotency_key",
    place="query",
    shape=IdempotencyKey,
    description="The same, for who cannot set a header.",
)
