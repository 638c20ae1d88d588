"""
The calls as an application makes them, to be awaited: those that block, word for word.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from smscore_client import _account_calls as account_calls
from smscore_client import _message_calls as message_calls
from smscore_client import _values as values
from smscore_client import _webhook_calls as webhook_calls
from smscore_client._call import Call
from smscore_client._course import following

__all__ = [
    "AsyncAccountCalls",
    "AsyncInboundCalls",
    "AsyncMessageCalls",
    "AsyncPaged",
    "AsyncRun",
    "AsyncWebhookCalls",
]

T = TypeVar("T")


class AsyncRun(Protocol):
    """Makes a call, with all its tries."""

    async def __call__(self, call: Call[T], /) -> T: ...


class AsyncPaged(Generic[T]):
    """A list that is fetched page by page, while it is looped over. Each loop begins anew."""

    def __init__(
        self, run: AsyncRun, call: Callable[[str | None], Call[values.Page[T]]], after: str | None
    ) -> None:
        self._run = run
        self._call = call
        self._after = after

    async def pages(self) -> AsyncIterator[values.Page[T]]:
        """The same page by page, with the cursors."""
        after, is_over = self._after, False
        while not is_over:
            page = await self._run(self._call(after))
            yield page
            after, is_over = following(page, after=after)

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page:
                yield item


class AsyncMessageCalls:
    """What can be done with messages."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def send(
        self,
        *,
        to: str | Sequence[str],
        message: str,
        from_: str | None = None,
        scheduled_at: datetime | None = None,
        callback_url: str | None = None,
        priority: str | None = None,
        idempotency_key: str | None = None,
    ) -> values.Sent:
        """
        Send a text to one number, or to each of several.

        However often it is tried, it is sent once. A key of your own makes that hold across
        calls, processes and restarts, for 24 hours.
        """
        call = message_calls.send(
            to=to,
            message=message,
            from_=from_,
            scheduled_at=scheduled_at,
            callback_url=callback_url,
            priority=priority,
            idempotency_key=idempotency_key,
        )
        return await self._run(call)

    async def estimate(
        self,
        *,
        to: str | Sequence[str],
        message: str,
        from_: str | None = None,
        scheduled_at: datetime | None = None,
        callback_url: str | None = None,
        priority: str | None = None,
    ) -> values.Estimate:
        """What the same would cost, and which way it would go. Nothing is sent."""
        call = message_calls.estimate(
            to=to,
            message=message,
            from_=from_,
            scheduled_at=scheduled_at,
            callback_url=callback_url,
            priority=priority,
        )
        return await self._run(call)

    async def get(self, message_id: str) -> values.Message:
        """A message, and how far it got."""
        return await self._run(message_calls.get_message(message_id))

    def list(
        self,
        *,
        status: str | None = None,
        to: str | None = None,
        after: str | None = None,
        page_size: int | None = None,
    ) -> AsyncPaged[values.Message]:
        """All messages, newest first, or those with a status or recipient."""

        def call(after: str | None) -> Call[values.Page[values.Message]]:
            return message_calls.message_page(after, status=status, to=to, page_size=page_size)

        return AsyncPaged(self._run, call, after)

    async def cancel(self, message_id: str) -> values.Cancellation:
        """
        Call back a message that has not begun to leave.

        If an answer was lost on the way, a message that this call has cancelled may be refused
        as ``NotCancellable``, which is then ``is_uncertain``.
        """
        return await self._run(message_calls.cancel_message(message_id))


class AsyncAccountCalls:
    """What can be asked about the account."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def get(self) -> values.Account:
        """The account that the key belongs to."""
        return await self._run(account_calls.get_account())

    async def renew_callback_secret(self) -> str:
        """Make a new secret that signs callbacks. It is shown this once."""
        return await self._run(account_calls.renew_callback_secret())


class AsyncInboundCalls:
    """What was received."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    def list(
        self, *, after: str | None = None, page_size: int | None = None
    ) -> AsyncPaged[values.InboundMessage]:
        """All received messages, newest first."""

        def call(after: str | None) -> Call[values.Page[values.InboundMessage]]:
            return account_calls.inbound_page(after, page_size=page_size)

        return AsyncPaged(self._run, call, after)


class AsyncWebhookCalls:
    """Who is told what becomes of messages."""

    def __init__(self, run: AsyncRun) -> None:
        self._run = run

    async def create(self, *, url: str, events: Sequence[str]) -> values.WebhookSecret:
        """Have an address told of events. The secret is shown this once."""
        return await self._run(webhook_calls.create_webhook(url=url, events=events))

    async def list(self) -> tuple[values.Webhook, ...]:
        """All webhooks."""
        return await self._run(webhook_calls.list_webhooks())

    async def get(self, webhook_id: str) -> values.Webhook:
        """One webhook."""
        return await self._run(webhook_calls.get_webhook(webhook_id))

    async def update(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        active: bool | None = None,
    ) -> values.Webhook:
        """Change what is given; the rest stays."""
        call = webhook_calls.change_webhook(webhook_id, url=url, events=events, active=active)
        return await self._run(call)

    async def rotate_secret(self, webhook_id: str) -> values.WebhookSecret:
        """Make a new secret; for a day the old one signs as well."""
        return await self._run(webhook_calls.rotate_secret(webhook_id))

    async def delete(self, webhook_id: str) -> None:
        """Remove a webhook, and what is pending for it."""
        await self._run(webhook_calls.delete_webhook(webhook_id))

    def deliveries(
        self,
        webhook_id: str,
        *,
        state: str | None = None,
        after: str | None = None,
        page_size: int | None = None,
    ) -> AsyncPaged[values.Delivery]:
        """What was or will be posted to a webhook, newest first."""

        def call(after: str | None) -> Call[values.Page[values.Delivery]]:
            return webhook_calls.delivery_page(
                after, webhook_id=webhook_id, state=state, page_size=page_size
            )

        return AsyncPaged(self._run, call, after)

    async def replay(self, webhook_id: str, delivery_id: str) -> values.Replay:
        """Post one delivery again, or at once if it waits."""
        return await self._run(webhook_calls.replay_delivery(webhook_id, delivery_id))

    async def replay_all(
        self,
        webhook_id: str,
        *,
        state: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> int:
        """Post again what was given up, or what these select; says how many."""
        call = webhook_calls.replay_deliveries(webhook_id, state=state, since=since, until=until)
        return await self._run(call)
