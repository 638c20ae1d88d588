"""
The calls of the provider API, for callers whose key has been checked and counted.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import islice

import attrs
import msgspec

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Status
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.errors import InvalidRequest, NotFound
from smscore.ports.storage import Tracked
from smscore_http._context import Context
from smscore_http._requests import Reply, Request, idempotency_key
from smscore_http._wire import message_id, parse_message_id, recipient_for
from smscore_http.provider_api._bodies import NewMessage, read_body, submission_of
from smscore_http.provider_api._pages import LONGEST_PAGE, list_values, page_begin, page_size
from smscore_http.provider_api._replies import (
    accepted,
    account_shown,
    cancelled,
    estimated,
    listed,
    shown,
)
from smscore_http.provider_api._shapes import STATUSES

__all__ = [
    "Call",
    "Cancelling",
    "Estimating",
    "Listing",
    "Reading",
    "Sending",
    "ShowingAccount",
]

_MOST_PAGES_LOOKED_THROUGH = 25

Call = Callable[[Request, Account], Awaitable[Reply]]

_decoder = msgspec.json.Decoder(NewMessage)


class Sending:
    """``POST /v1/messages``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:
        wish = read_body(await request.body(), _decoder)
        submission = submission_of(
            wish,
            account=account.id,
            idempotency_key=idempotency_key(request),
            clock=self._context.gateway.clock,
            check_url=self._context.gateway.webhooks.check,
            traceparent=request.traceparent,
        )
        receipt = await self._context.submit(submission)
        return accepted(receipt, is_list=not isinstance(wish.to, str))


class Estimating:
    """``POST /v1/messages/estimate``: decides as a send would, and stores nothing."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:
        gateway = self._context.gateway
        submission = submission_of(
            read_body(await request.body(), _decoder),
            account=account.id,
            idempotency_key=None,
            clock=gateway.clock,
            check_url=gateway.webhooks.check,
        )
        plans = await self._context.call(gateway.submissions.estimate, submission)
        current = await self._context.call(gateway.inquiry.account, account.id)
        return estimated(plans, credits_remaining=current.credits)


class Reading:
    """``GET /v1/messages/{message_id}``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:
        read = self._context.gateway.inquiry.message
        return shown(await self._context.call(read, _named(request), account=account.id))


class Cancelling:
    """``DELETE /v1/messages/{message_id}``: what waits is called back and paid back."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:
        message = _named(request)
        refunded, remaining = await self._context.call(self._cancel, message, account.id)
        return cancelled(message, credits_refunded=refunded, credits_remaining=remaining)

    def _cancel(self, message: MessageId, account: AccountId) -> tuple[int, int | None]:
        """What was given back and the balance after that, both of which the story knows."""
        gateway = self._context.gateway
        gateway.interventions.cancel(message, account=account)
        story = gateway.inquiry.explain(message, account=account)
        [*_, last] = [event for event in story.events if event.kind == "message.cancelled"]
        if refunded := int(last.detail.get("refunded") or 0):
            return refunded, story.entries[-1].balance
        return 0, gateway.inquiry.account(account).credits


class ShowingAccount:
    """``GET /v1/account``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:  # noqa: ARG002  # a Call
        current = await self._context.call(self._context.gateway.inquiry.account, account.id)
        return account_shown(current, rate_limit=self._context.tariff(current).provider_per_second)


class Listing:
    """
    ``GET /v1/messages``: pages of messages, newest first.

    A filter by recipient looks through a bounded number of messages: such a page may be short or
    empty and still have a next one.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, account: Account) -> Reply:
        search = _search(account.id, request)
        found, following = await self._context.call(self._page, search)
        return listed(found, following=message_id(following) if following else None)

    def _page(self, search: "_Search") -> tuple[Sequence[Tracked], MessageId | None]:
        found: list[Tracked] = []
        before = search.before
        for _ in range(_MOST_PAGES_LOOKED_THROUGH):
            wanted = LONGEST_PAGE if search.to else search.limit
            messages = self._context.gateway.inquiry.messages(
                account=search.account, statuses=search.statuses, before=before, limit=wanted + 1
            )
            for tracked in islice(messages, wanted):
                before = tracked.message.id
                if search.has(tracked):
                    found.append(tracked)
                if len(found) == search.limit:
                    is_last = tracked is messages[-1]
                    return found, None if is_last else before
            if len(messages) <= wanted:
                return found, None
        return found, before


def _named(request: Request) -> MessageId:
    """
    The message that the path names.

    Raises:
        NotFound: it is not how ids are written here.
    """
    message = parse_message_id(request.path.rpartition("/")[2])
    if message is None:
        raise NotFound("that is not how an id of this API is written")
    return message


@attrs.frozen(kw_only=True)
class _Search:
    account: AccountId
    statuses: Collection[Status]
    to: str | None
    before: MessageId | None
    limit: int

    def has(self, tracked: Tracked) -> bool:
        """Whether the message is to whom it should be, written here or in normal form."""
        if self.to is None:
            return True
        return self.to in (
            tracked.message.recipient.value,
            recipient_for(Surface.PROVIDER, tracked),
        )


def _search(account: AccountId, request: Request) -> _Search:
    values = list_values(request.query, "status", "to")
    status = values.get("status")
    if status is not None and status not in STATUSES:
        raise InvalidRequest(f"status must be one of {', '.join(STATUSES)}")
    return _Search(
        account=account,
        statuses=STATUSES[status] if status else (),
        to=_recipient(values.get("to")),
        before=page_begin(values, parse=parse_message_id),
        limit=page_size(values),
    )


def _recipient(written: str | None) -> str | None:
    """A blank in front was a plus sign, which in a query has to be percent-encoded."""
    return f"+{written[1:]}" if written and written.startswith(" ") else written
