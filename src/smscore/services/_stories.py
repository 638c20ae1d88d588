"""
Stories of messages, put together from what is stored.
"""

from collections.abc import Iterator, Sequence

import attrs

from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.ledger import Entry, EntryKind
from smscore.domain.messages import MessageId
from smscore.ports.storage import Tracked, View

__all__ = ["InboundStory", "Story", "inbound_story_of", "story_of"]


@attrs.frozen(kw_only=True)
class Story:
    """
    A message, how far it got, everything that happened on the way, and what it cost.

    ``entries`` are those of its request: a request for several messages is charged at once.
    """

    tracked: Tracked
    events: Sequence[Event]
    entries: Sequence[Entry] = ()


@attrs.frozen(kw_only=True)
class InboundStory:
    """A message that arrived, everything that happened then, and what was made of it."""

    message: InboundMessage
    events: Sequence[Event]
    made: Sequence[Tracked] = ()


def story_of(tracked: Tracked, view: View) -> Story:
    """What happened to a message, and what it cost."""
    message = tracked.message.id
    events = view.events.of(message)
    request = _request_of(events)
    entries = list(view.ledger.about(message))
    if request is not None:
        entries = [*_charges(view.ledger.about(request)), *entries]
    return Story(tracked=tracked, events=events, entries=entries)


def inbound_story_of(message: InboundMessage, view: View) -> InboundStory:
    """What happened when a message arrived, and to those that rules made of it."""
    events = view.events.of(message.id)
    made = (view.outbox.get(number) for number in _made(events))
    return InboundStory(message=message, events=events, made=[one for one in made if one])


def _made(events: Sequence[Event]) -> Iterator[MessageId]:
    """The messages that rules made of it."""
    for event in events:
        made = event.detail.get("message")
        if isinstance(made, str):
            yield MessageId(int(made, 16))


def _request_of(events: Sequence[Event]) -> MessageId | None:
    """The first message of the request, if this is another one of it."""
    named = events[0].detail.get("request") if events else None
    return MessageId(int(named, 16)) if isinstance(named, str) else None


def _charges(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The request's own charge; what was refunded for its first message is that one's affair."""
    return [entry for entry in entries if entry.kind is EntryKind.CHARGE][:1]
