"""
The provider API's calls about webhooks: what they are told, and what became of it.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from smscore.domain import webhooks as domain
from smscore.domain.accounts import Account
from smscore.domain.announcements import INBOUND
from smscore.domain.messages import AccountId
from smscore.domain.webhooks import Posting, PostingId, PostingState, WebhookId
from smscore.errors import InvalidRequest, NotFound, Overloaded
from smscore.services.webhooks import Deliveries
from smscore_http._context import Context
from smscore_http._requests import Reply, Request
from smscore_http._wire import encode_json, message_id, parse_hex_id, utc_seconds
from smscore_http.provider_api._bodies import read_body, read_time
from smscore_http.provider_api._calls import Call
from smscore_http.provider_api._pages import list_values, page_begin, page_size
from smscore_http.provider_api._shapes import CallbackSecret
from smscore_http.provider_api._webhook_shapes import (
    DeletedWebhook,
    Delivery,
    DeliveryPage,
    NewWebhook,
    Replay,
    ReplayCount,
    ReplayedDelivery,
    Webhook,
    WebhookChange,
    WebhookCreated,
    WebhookList,
    WebhookShown,
)

__all__ = ["WebhookCalls"]

_T = TypeVar("_T")

_PLACE = re.compile(r"\\{\w+\\}")


_new = msgspec.json.Decoder(NewWebhook)
_change = msgspec.json.Decoder(WebhookChange)
_which = msgspec.json.Decoder(Replay)


class WebhookCalls:
    """Everything below ``/v1/webhooks``, and the secret of callbacks."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._webhooks = context.gateway.webhooks
        self._replaying: set[AccountId] = set()
        self._lock = threading.Lock()
        self.routes: Mapping[str, Mapping[str, Call]] = {
            "/v1/webhooks": {"POST": self._add, "GET": self._list, "HEAD": self._list},
            "/v1/webhooks/{webhook_id}": {
                "GET": self._show,
                "HEAD": self._show,
                "PATCH": self._alter,
                "DELETE": self._remove,
            },
            "/v1/webhooks/{webhook_id}/deliveries": {
                "GET": self._deliveries,
                "HEAD": self._deliveries,
            },
            "/v1/webhooks/{webhook_id}/replay": {"POST": self._replay_many},
            "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay": {"POST": self._replay},
            "/v1/account/callback-secret": {"POST": self._renew},
        }
        self._patterns = [
            (re.compile(_PLACE.sub("[^/]+", re.escape(path))), calls)
            for path, calls in self.routes.items()
        ]

    def at(self, path: str) -> Mapping[str, Call] | None:
        """The calls at a path, by their methods; None: it is none of these."""
        if not path.startswith(("/v1/webhooks", "/v1/account/")):
            return None
        return next((calls for place, calls in self._patterns if place.fullmatch(path)), None)

    async def _add(self, request: Request, account: Account) -> Reply:
        new = read_body(await request.body(), _new)
        if not new.url or not new.events:
            raise InvalidRequest(f"{'events' if new.url else 'url'} is required")
        add = self._webhooks.add
        webhook, secret = await self._context.call(add, account.id, url=new.url, events=new.events)
        return _told(
            WebhookCreated(
                webhook_id=webhook.endpoint,
                url=webhook.url,
                events=list(webhook.events),
                secret=secret,
            )
        )

    async def _list(self, _: Request, account: Account) -> Reply:
        webhooks = await self._context.call(self._webhooks.all, account.id)
        return _told(WebhookList(webhooks=[_listed(webhook) for webhook in webhooks]))

    async def _show(self, request: Request, account: Account) -> Reply:
        get = self._webhooks.get
        return _told(_shown(await self._context.call(get, account.id, _webhook(request))))

    async def _alter(self, request: Request, account: Account) -> Reply:
        change = read_body(await request.body(), _change)
        changed, secret = await self._context.call(
            self._webhooks.change,
            account.id,
            _webhook(request),
            url=_given(change.url),
            events=_given(change.events),
            is_active=_given(change.active),
            rotate_secret=change.rotate_secret is True,
        )
        shown = _shown(changed)
        if change.rotate_secret is True:
            shown.secret = secret
        return _told(shown)

    async def _remove(self, request: Request, account: Account) -> Reply:
        webhook = _webhook(request)
        await self._context.call(self._webhooks.remove, account.id, webhook)
        return _told(DeletedWebhook(webhook_id=f"wh_{webhook:016x}"))

    async def _deliveries(self, request: Request, account: Account) -> Reply:
        values = list_values(request.query, "state")
        limit = page_size(values)
        found = await self._context.call(
            self._webhooks.deliveries,
            account.id,
            _webhook(request),
            state=_state(values.get("state")),
            before=page_begin(values, parse=_posting),
            limit=limit + 1,
        )
        page = found[:limit]
        following = f"whd_{page[-1].id:016x}" if len(found) > limit else None
        deliveries = [_delivery(one) for one in page]
        return _told(DeliveryPage(deliveries=deliveries, following=following))

    async def _replay(self, request: Request, account: Account) -> Reply:
        posting = _named(_posting(request.path.split("/")[5]))
        again = await self._context.call(
            self._webhooks.replay, account.id, _webhook(request), posting
        )
        return _told(ReplayedDelivery(delivery_id=f"whd_{again.id:016x}", state=again.state.value))

    async def _replay_many(self, request: Request, account: Account) -> Reply:
        which = read_body(await request.body() or b"{}", _which)
        deliveries = Deliveries(
            state=_state(_given(which.state)),
            since=None if which.since is msgspec.UNSET else read_time(which.since, "since"),
            until=None if which.until is msgspec.UNSET else read_time(which.until, "until"),
        )
        count = await self._context.call(
            self._replay_all, account.id, _webhook(request), deliveries
        )
        return _told(ReplayCount(replayed=count))

    def _replay_all(self, account: AccountId, webhook: WebhookId, deliveries: Deliveries) -> int:
        with self._alone(account):
            return self._webhooks.replay_all(account, webhook, deliveries)

    @contextmanager
    def _alone(self, account: AccountId) -> Iterator[None]:
        """It reads all that was ever told, on a thread that others need: once at a time."""
        with self._lock:
            if account in self._replaying:
                raise Overloaded("deliveries of this account are being replayed; try again later")
            self._replaying.add(account)
        try:
            yield
        finally:
            with self._lock:
                self._replaying.remove(account)

    async def _renew(self, _: Request, account: Account) -> Reply:
        renew = self._webhooks.callback_secret
        secret = await self._context.call(renew, account.id, renew=True)
        return _told(CallbackSecret(secret=secret))


def _told(answer: msgspec.Struct) -> Reply:
    return Reply(200, encode_json(answer))


def _listed(webhook: domain.Webhook) -> Webhook:
    return Webhook(
        webhook_id=webhook.endpoint,
        url=webhook.url,
        events=list(webhook.events),
        active=webhook.is_active,
        created_at=utc_seconds(webhook.created_at),
    )


def _shown(webhook: domain.Webhook) -> WebhookShown:
    return WebhookShown(
        webhook_id=webhook.endpoint,
        url=webhook.url,
        events=list(webhook.events),
        active=webhook.is_active,
        created_at=utc_seconds(webhook.created_at),
    )


def _delivery(posting: Posting) -> Delivery:
    prefix = "in_" if posting.event in INBOUND else "msg_"
    return Delivery(
        delivery_id=f"whd_{posting.id:016x}",
        event_id=f"evt_{posting.event_id:016x}",
        event=posting.event,
        message_id=prefix + message_id(posting.message).removeprefix("msg_"),
        sequence=posting.sequence,
        state=posting.state.value,
        attempts=posting.attempts,
        last_status=posting.last_status,
        last_error=posting.last_error,
        next_attempt_at=utc_seconds(posting.due_at),
        created_at=utc_seconds(posting.created_at),
    )


def _given(value: _T | msgspec.UnsetType) -> _T | None:
    return None if isinstance(value, msgspec.UnsetType) else value


def _webhook(request: Request) -> WebhookId:
    found = _number(request.path.split("/")[3], "wh_")
    return _named(None if found is None else WebhookId(found))


def _posting(text: str) -> PostingId | None:
    found = _number(text, "whd_")
    return None if found is None else PostingId(found)


def _number(text: str, prefix: str) -> int | None:
    """What an id of this API stands for; None: it is not how such ids are written."""
    return parse_hex_id(text.removeprefix(prefix)) if text.startswith(prefix) else None


def _named(found: _T | None) -> _T:
    if found is None:
        raise NotFound("that is not how an id of this API is written")
    return found


def _state(text: str | None) -> PostingState | None:
    try:
        return None if text is None else PostingState(text)
    except ValueError as cause:
        raise InvalidRequest(f"state must be one of {', '.join(PostingState)}") from cause
