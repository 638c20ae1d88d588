"""
From what happened to what is posted: which endpoints are told of an event, and in which words.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

import attrs
from msgspec.structs import replace

from smscore.domain.announcements import announced_as, inbound_body, outbound_body, sequence_of
from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    CALLBACK_EVENTS,
    Posting,
    PostingId,
    Webhook,
    callback_endpoint,
)
from smscore.ports.storage import Tracked, View

__all__ = ["Gathered", "gather"]

_NO_ID = PostingId(0)

_Story: TypeAlias = tuple[Tracked | None, Sequence[Event]]
"""A message as it is, and what has happened to it."""


@attrs.frozen(kw_only=True)
class Gathered:
    """What is to be posted, still without ids, and the cursor behind what was looked at."""

    postings: Sequence[Posting]
    cursor: int


@attrs.frozen(kw_only=True)
class _Announcement:
    """An event as endpoints hear of it; ``callback_url`` is the message's."""

    name: str
    sequence: int
    body: bytes
    callback_url: str | None = None


def gather(view: View, *, cursor: int, now: datetime, limit: int) -> Gathered:
    """Look at what happened behind the cursor."""
    news, last = view.webhooks.news(cursor, limit=limit)
    known: dict[AccountId, Sequence[Webhook]] = {}
    stories: dict[MessageId, _Story] = {}
    postings: list[Posting] = []
    for place, event in news:
        name = announced_as(event)
        if event.account is None or name is None:
            continue
        if event.account not in known:
            known[event.account] = view.webhooks.of(event.account)
        listening = [one for one in known[event.account] if _wants(one, name, event)]
        if not listening and name not in CALLBACK_EVENTS:
            continue
        announcement = _announcement(view, event, name, stories)
        if announcement is None:
            continue
        draft = Posting(
            id=_NO_ID,
            account=event.account,
            endpoint="",
            webhook=None,
            url=None,
            event_id=place,
            event=announcement.name,
            message=event.message,
            sequence=announcement.sequence,
            body=announcement.body,
            created_at=now,
            due_at=now,
        )
        postings.extend(_addressed(draft, announcement, listening))
    return Gathered(postings=postings, cursor=last)


def _wants(webhook: Webhook, name: str, event: Event) -> bool:
    """Whether a webhook is told of it; never of what happened before it was there."""
    return webhook.is_active and name in webhook.events and webhook.created_at <= event.at


def _addressed(
    draft: Posting, announcement: _Announcement, listening: Sequence[Webhook]
) -> Iterator[Posting]:
    for webhook in listening:
        yield replace(draft, endpoint=webhook.endpoint, webhook=webhook.id)
    url = announcement.callback_url
    if url is not None and announcement.name in CALLBACK_EVENTS:
        yield replace(draft, endpoint=callback_endpoint(draft.account, url), url=url)


def _announcement(
    view: View, event: Event, name: str, stories: dict[MessageId, _Story]
) -> _Announcement | None:
    if name == "message.received":
        return _of_inbound(view, event, name)
    if event.message not in stories:  # most have several events in a round
        stories[event.message] = view.outbox.get(event.message), view.events.of(event.message)
    tracked, story = stories[event.message]
    sequence = sequence_of(event, story=story)
    if tracked is None or sequence is None:
        return None
    return _Announcement(
        name=name,
        sequence=sequence,
        body=outbound_body(event, tracked.message, error_code=tracked.delivery.error_code),
        callback_url=tracked.message.callback_url,
    )


def _of_inbound(view: View, event: Event, name: str) -> _Announcement | None:
    behind = MessageId(event.message + 1)
    found = view.inbox.find(account=event.account, before=behind, limit=1)
    if not found or found[0].id != event.message:
        return None  # dropped since
    return _Announcement(name=name, sequence=1, body=inbound_body(event, found[0]))
