"""
The provider API's call for what was received.
"""

from functools import partial

from smscore.domain.accounts import Account
from smscore_http._context import Context
from smscore_http._requests import Reply, Request
from smscore_http._wire import inbound_id, parse_inbound_id
from smscore_http.provider_api._pages import list_values, page_begin, page_size
from smscore_http.provider_api._replies import inbound_listed

__all__ = ["ListingInbound"]


class ListingInbound:
    """``GET /v1/inbound``: pages of received messages, newest first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:
        values = list_values(request.query)
        limit = page_size(values)
        find = partial(
            self._context.gateway.inquiry.inbound,
            account=account.id,
            before=page_begin(values, parse=parse_inbound_id),
            limit=limit + 1,  # one more says whether there is a next page
        )
        found = await self._context.call(find)
        page = found[:limit]
        following = inbound_id(page[-1].id) if len(found) > limit else None
        return inbound_listed(page, following=following)
