"""
What an operator does with pushes: look at what became of them, and have them made again.
"""

from collections.abc import Sequence

import attrs

from smscore.domain.messages import MessageId
from smscore.domain.webhooks import Attempt, Posting, PostingState, push_place
from smscore.ports.storage import Store, View
from smscore.services._auditing import Auditor
from smscore.services.webhooks._replaying import Deliveries, replay_all

__all__ = ["PushStory", "Pushes"]


@attrs.frozen(kw_only=True)
class PushStory:
    """A push, and what was tried, oldest first."""

    posting: Posting
    attempts: Sequence[Attempt]


class Pushes:
    """The use cases around the calls that rules make for inbound messages. Any thread may call."""

    def __init__(self, *, store: Store, auditor: Auditor) -> None:
        self._store = store
        self._auditor = auditor

    def of(self, message: MessageId) -> Sequence[PushStory]:
        """Those that were made for a message, and those that will be."""

        def look(view: View) -> Sequence[PushStory]:
            return [
                PushStory(posting=one, attempts=view.webhooks.attempts(one.id))
                for one in view.webhooks.pushes(message)
            ]

        return self._store.read(look)

    def replay_all(self, deliveries: Deliveries, *, host: str | None = None) -> int:
        """Make those again that were given up, to one host or to all, and say how many."""
        dead = attrs.evolve(deliveries, state=PostingState.DEAD)
        names = [
            name
            for name in self._store.read(lambda view: view.webhooks.given_up())
            if (place := push_place(name)) is not None and host in (None, place)
        ]
        return sum(
            replay_all(
                self._store,
                name,
                dead,
                noted=self._auditor.entry("pushes.replayed", push_place(name)),
            )
            for name in names
        )
