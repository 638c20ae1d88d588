"""
Values behind the question mark.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from smscore.errors import InvalidRequest
from smscore_http._wire import decode_text

__all__ = ["query_values"]

_MOST_FIELDS = 100


def query_values(query: bytes) -> Mapping[str, str]:
    """
    The parameters of a query; of a repeated one the last.

    Raises:
        InvalidRequest: there are absurdly many.
    """
    if not query:
        return {}
    try:
        return dict(parse_qsl(decode_text(query), errors="replace", max_num_fields=_MOST_FIELDS))
    except ValueError as cause:
        raise InvalidRequest(f"more than {_MOST_FIELDS} parameters") from cause
