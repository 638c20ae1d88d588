"""
What clients ask for of a list: how many at a time, and where to go on.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from smscore.errors import InvalidRequest
from smscore_http._query import single_values
from smscore_http._wire import is_whole_number, parse_limit

__all__ = ["LONGEST_PAGE", "PAGE", "list_values", "page_begin", "page_size"]

Id = TypeVar("Id", bound=int)

PAGE, LONGEST_PAGE = 50, 200


def list_values(query: bytes, *filters: str) -> Mapping[str, str]:
    """
    The parameters of a list with these filters.

    Raises:
        InvalidRequest: one is there several times, or a filter is empty: its caller meant to have
            something there, and would take the whole list for what it wanted.
    """
    values = single_values(query, names=(*filters, "after", "limit"))
    for name in filters:
        if values.get(name) == "":
            raise InvalidRequest(f"{name} is empty; leave it out to have all")
    return values


def page_begin(values: Mapping[str, str], *, parse: Callable[[str], Id | None]) -> Id | None:
    """
    Behind which id the page begins; None: with the newest.

    Raises:
        InvalidRequest: no page before has given this cursor.
    """
    after = values.get("after")
    before = parse(after) if after else None
    if after and before is None:
        raise InvalidRequest("after must be the next of the page before")
    return before


def page_size(values: Mapping[str, str]) -> int:
    """
    How many the client wants at most.

    Raises:
        InvalidRequest: it wants no number of them.
    """
    limit = values.get("limit", "")
    if limit and not is_whole_number(limit):
        raise InvalidRequest("limit must be a whole number")
    return parse_limit(limit, default=PAGE, most=LONGEST_PAGE)
