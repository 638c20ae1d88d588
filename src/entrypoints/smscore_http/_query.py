"""
Values behind the question mark.
"""

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import parse_qsl

from smscore.errors import InvalidRequest
from smscore_http._wire import decode_text

__all__ = ["query_values", "single_values"]

_MOST_FIELDS = 100


def query_values(query: bytes) -> Mapping[str, str]:
    """
    The parameters of a query that are not empty; of a repeated one the last.

    Raises:
        InvalidRequest: there are absurdly many.
    """
    return {name: value for name, value in _pairs(query) if value}


def single_values(query: bytes, *, names: Collection[str]) -> Mapping[str, str]:
    """
    The parameters of these names, empty ones as well.

    Raises:
        InvalidRequest: one is there several times, or there are absurdly many.
    """
    values: dict[str, str] = {}
    for name, value in _pairs(query):
        if name in values:
            raise InvalidRequest(f"{name} is there several times; give it once")
        if name in names:
            values[name] = value
    return values


def _pairs(query: bytes) -> Sequence[tuple[str, str]]:
    if not query:
        return ()
    try:
        return parse_qsl(
            decode_text(query),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as cause:
        raise InvalidRequest(f"more than {_MOST_FIELDS} parameters") from cause
