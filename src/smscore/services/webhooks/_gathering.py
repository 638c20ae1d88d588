"""
From what happened to what is posted: which endpoints are told of an event, and in which words.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import attrs
from msgspec.structs import replace

from smscore.domain.announcements import (
    INBOUND,
    announced_as,
    inbound_body,
    outbound_body,
    sequence_of,
)
from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    CALLBACK_EVENTS,
    Posting,
    PostingId,
    Webhook,
    callback_endpoint,
)
from smscore.ports.storage import Story, UnitOfWork, View

__all__ = ["Gathered", "add", "gather", "kept_cursor"]

_NO_ID = PostingId(0)
_CHANNEL, _CURSOR = "", "webhooks"  # in the journal; no channel's name is empty


class _Heard(NamedTuple):
    """An event that somebody may want to hear of; ``place`` is its cursor."""

    place: int
    event: Event
    name: str
    account: AccountId
    listening: Sequence[Webhook]


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


def kept_cursor(view: View) -> int:
    """Behind which event nobody has looked."""
    return int(view.journal.get(channel=_CHANNEL, key=_CURSOR) or b"0")


def add(work: UnitOfWork, postings: Sequence[Posting], *, cursor: int) -> None:
    """
    Keep what is to be posted together with the cursor behind it.

    A webhook may have been removed since it was gathered: nothing would ever be posted there.
    """
    standing = work.webhooks.standing({one.webhook for one in postings if one.webhook is not None})
    for posting in postings:
        if posting.webhook is None or posting.webhook in standing:
            work.webhooks.add(posting)
    work.journal.put(channel=_CHANNEL, key=_CURSOR, value=b"%d" % cursor)


def gather(view: View, *, cursor: int, now: datetime, limit: int) -> Gathered:
    """Look at what happened behind the cursor."""
    news, last = view.webhooks.news(cursor, limit=limit)
    heard = list(_heard(view, news))
    # Most messages have several events in a round, and are read once for all of them.
    stories = view.webhooks.stories({one.event.message for one in heard if one.name not in INBOUND})
    postings: list[Posting] = []
    for one in heard:
        announcement = _announcement(view, one.event, one.name, stories)
        if announcement is None:
            continue
        draft = Posting(
            id=_NO_ID,
            account=one.account,
            endpoint="",
            webhook=None,
            url=None,
            event_id=one.place,
            event=announcement.name,
            message=one.event.message,
            sequence=announcement.sequence,
            body=announcement.body,
            created_at=now,
            due_at=now,
        )
        postings.extend(_addressed(draft, announcement, one.listening))
    return Gathered(postings=postings, cursor=last)


def _heard(view: View, news: Sequence[tuple[int, Event]]) -> Iterator[_Heard]:
    """What has a name outside, and somebody who may want to hear of it."""
    known: dict[AccountId, Sequence[Webhook]] = {}
    for place, event in news:
        name, account = announced_as(event), event.account
        if account is None or name is None:
            continue
        if account not in known:
            known[account] = view.webhooks.of(account)
        listening = [one for one in known[account] if _wants(one, name, event)]
        if listening or name in CALLBACK_EVENTS:
            yield _Heard(place, event, name, account, listening)


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
    view: View, event: Event, name: str, stories: Mapping[MessageId, Story]
) -> _Announcement | None:
    if name in INBOUND:
        return _of_inbound(view, event, name)
    story = stories.get(event.message)
    sequence = None if story is None else sequence_of(event, kinds=story.kinds)
    if story is None or sequence is None:
        return None
    return _Announcement(
        name=name,
        sequence=sequence,
        body=outbound_body(event, story.message, error_code=story.error_code),
        callback_url=story.message.callback_url,
    )


def _of_inbound(view: View, event: Event, name: str) -> _Announcement | None:
    behind = MessageId(event.message + 1)
    found = view.inbox.find(account=event.account, before=behind, limit=1)
    if not found or found[0].id != event.message:
        return None  # dropped since
    body = inbound_body(event, found[0])
    if event.kind == "message.received":
        return _Announcement(name=name, sequence=1, body=body)
    earlier = [one for one in view.events.of(event.message) if one.sequence <= event.sequence]
    sequence = sum(announced_as(one) is not None for one in earlier)
    return _Announcement(name=name, sequence=sequence, body=body)
