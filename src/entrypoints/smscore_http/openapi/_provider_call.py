"""
What all calls of the provider API have in common.
"""

from typing import Annotated, Any

from smscore_http._schemas import said, spelt
from smscore_http._wire import HEX_ID
from smscore_http.openapi._operations import Operation, Parameter
from smscore_http.provider_api._pages import LONGEST_PAGE, PAGE

__all__ = ["PAGING", "cursor", "provider_call"]

PAGING = Parameter(
    name="limit",
    place="query",
    shape=Annotated[int, said("", default=PAGE)],
    description=f"How many at most: 1 to {LONGEST_PAGE}; what is beyond counts as the nearest.",
)


def cursor(prefix: str) -> Parameter:
    """Where a page begins; an empty one is none."""
    return Parameter(
        name="after",
        place="query",
        shape=Annotated[str, spelt(f"({prefix}{HEX_ID})?")],
        description="What `next` was in the page before.",
    )


def provider_call(method: str, path: str, **fields: Any) -> Operation:
    """One of this API's calls: they have the key of an account, and a limit of calls."""
    return Operation(
        method=method, path=path, tag="Provider API", security=({"provider_key": ()},), **fields
    )
