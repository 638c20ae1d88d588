"""
Looking things up: a message, its story, lists, what an account has left.

Longer than most modules, for each question is a few lines and all are asked at one place.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.accounts import Account
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Status
from smscore.domain.gaps import MOST_OPEN, OpenGroup
from smscore.domain.inbound import InboundMessage
from smscore.domain.ledger import Entry, Statement
from smscore.domain.liveness import SILENCE, right_to
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.moments import check_range
from smscore.domain.routing import PHONES
from smscore.errors import NotFound
from smscore.ports.clock import Clock
from smscore.ports.storage import ServerFacts, Store, Tally, Topic, Tracked, View
from smscore.ports.transport import ChannelHealth
from smscore.services._sightings import Sighting, sighting_of
from smscore.services._stories import InboundStory, Story, inbound_story_of, story_of

__all__ = ["ChannelOverview", "InboundStory", "Inquiry", "ServerOverview", "Story"]

_FORGOTTEN = timedelta(days=1)
"""How long a server that is not heard of any more is shown."""
_SAFETY_NET = 1.0
"""Seconds after which to look again although nobody woke us."""


@attrs.frozen(kw_only=True)
class ChannelOverview:
    """
    A channel as an operator sees it; ``since`` and ``why`` are of its mode.

    ``server`` is which one runs it, or did if that is dead. ``sighting`` is how it was when it was
    last looked at; None: it never was. ``links`` counts the numbers that are linked to it; None: it
    does not go by links. ``oldest`` is since when the oldest message waits for it.
    """

    name: str
    mode: ChannelMode
    queued: int  # messages that wait for it
    since: datetime | None = None
    why: str = ""
    is_configured: bool = True
    server: str | None = None
    sighting: Sighting | None = None
    links: int | None = None
    oldest: datetime | None = None


@attrs.frozen(kw_only=True)
class ServerOverview:
    """
    A server as an operator sees it; ``runs`` are the channels that it has, and its common duties.

    One that was not heard of for half a minute does not live. ``conflicts`` are channels with a
    device which a living server of another name would run as well.
    """

    about: ServerFacts
    heartbeat_at: datetime
    is_alive: bool
    runs: tuple[str, ...]
    conflicts: tuple[str, ...] = ()


class Inquiry:
    """Questions to the store; they change nothing. Any thread may call."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        channels: Collection[str] = (),
        linked: Collection[str] = (),
    ) -> None:
        self._clock = clock
        self._store = store
        self._channels = channels
        self._linked = linked  # those that go by links

    def message(self, message: MessageId, *, account: AccountId | None = None) -> Tracked:
        """
        A message; with ``account``, only if it is that account's.

        Raises:
            NotFound: there is none, or it is another's.
        """
        tracked = self._store.read(lambda view: view.outbox.get(message))
        return _owned(tracked, message, account)

    def wait(self, message: MessageId, *, timeout: float) -> Tracked:
        """
        A message as soon as its status is final, or as it is after ``timeout`` seconds.

        Blocks; async hosts call it on a thread.

        Raises:
            NotFound: there is none.
        """
        deadline = time.monotonic() + timeout
        changed = self._store.wakeup(Topic.EVENTS)
        while True:
            tracked = self.message(message)
            left = deadline - time.monotonic()
            if tracked.delivery.status.is_final or left <= 0:
                return tracked
            changed.wait(min(left, _SAFETY_NET))

    def explain(self, message: MessageId, *, account: AccountId | None = None) -> Story:
        """
        The whole story of a message, from stored facts.

        Raises:
            NotFound: there is none, or it is another's.
        """

        def look(view: View) -> Story:
            return story_of(_owned(view.outbox.get(message), message, account), view)

        return self._store.read(look)

    def explain_inbound(self, message: MessageId) -> InboundStory:
        """
        The whole story of a message that arrived, from stored facts.

        Raises:
            NotFound: there is none.
        """

        def look(view: View) -> InboundStory:
            found = next(iter(view.inbox.find(before=MessageId(message + 1), limit=1)), None)
            if found is None or found.id != message:
                raise NotFound(f"there is no message {message:016x}")
            return inbound_story_of(found, view)

        return self._store.read(look)

    def channels(self) -> Sequence[ChannelOverview]:
        """Every channel that is configured or has messages waiting, with its mode."""
        states, (backlog, oldest), sightings, links, rights = self._store.read(
            lambda view: (
                view.channels.all(),
                _queues(view),
                {name: sighting_of(view, name) for name in self._channels},
                {name: view.links.count(name) for name in self._linked},
                view.processes.rights(),
            )
        )
        names = [*self._channels, *sorted(set(backlog) - set(self._channels))]
        overviews = []
        for name in names:
            state, right = states.get(name), rights.get(right_to(name))
            overviews.append(
                ChannelOverview(
                    name=name,
                    mode=state.mode if state else ChannelMode.RUNNING,
                    queued=backlog.get(name, 0),
                    since=state.at if state else None,
                    why=state.why if state else "",
                    is_configured=name in self._channels or name.startswith(f"{PHONES}/"),
                    server=None if right is None else right.server,
                    sighting=sightings.get(name),
                    links=links.get(name),
                    oldest=oldest.get(name),
                )
            )
        return overviews

    def health(self, channel: str) -> ChannelHealth:
        """How a channel was when a server last looked at it."""
        sighting = self._store.read(lambda view: sighting_of(view, channel))
        if sighting is None:
            return ChannelHealth(is_ready=False, detail="no server has run it so far")
        if sighting.is_old(at=self._clock.now()):
            return attrs.evolve(
                sighting.health, is_ready=False, detail="no server looks at it any more"
            )
        return sighting.health

    def servers(self) -> Sequence[ServerOverview]:
        """The servers on the store, by name and role; those that ended in order are gone."""
        now = self._clock.now()
        processes, rights = self._store.read(
            lambda view: (view.processes.all(), view.processes.rights())
        )
        found = [
            ServerOverview(
                about=one.about,
                heartbeat_at=one.heartbeat_at,
                is_alive=now - one.heartbeat_at < timedelta(seconds=SILENCE),
                runs=tuple(sorted(name for name, had in rights.items() if had.process == one.id)),
            )
            for one in processes
            if one.about is not None and now - one.heartbeat_at < _FORGOTTEN
        ]
        named = [attrs.evolve(one, conflicts=_conflicts(one, found)) for one in found]
        return sorted(named, key=lambda one: (one.about.name, one.about.role, one.about.started_at))

    def tally(self, *, since: datetime) -> Tally:
        """
        How many messages of all accounts there are, are queued, and have failed since then.

        Those that an operator had sent again are no failures any more. Looks along indexes, not at
        messages; whoever asks often should keep the answer for a while.
        """
        return self._store.read(lambda view: view.outbox.tally(since=since))

    def messages(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        """Messages, newest first; ``before`` is the last id of the page before."""
        return self._store.read(
            lambda view: view.outbox.find(
                account=account, statuses=statuses, before=before, limit=limit
            )
        )

    def inbound(
        self, *, account: AccountId | None = None, before: MessageId | None = None, limit: int = 50
    ) -> Sequence[InboundMessage]:
        """Received messages, newest first."""
        return self._store.read(
            lambda view: view.inbox.find(account=account, before=before, limit=limit)
        )

    def open_groups(self) -> Sequence[OpenGroup]:
        """Long messages of which parts are missing that may still come, the eldest first."""
        return self._store.read(lambda view: view.inbox.open_groups(limit=MOST_OPEN))

    def account(self, account: AccountId) -> Account:
        """
        An account as it is now, with what it has spent.

        Raises:
            NotFound: there is none.
        """
        found = self._store.read(lambda view: view.accounts.get(account))
        if found is None:
            raise NotFound(f"there is no account with the id {account}")
        return found

    def account_named(self, name: str) -> Account:
        """
        An account by its name.

        Raises:
            NotFound: there is none.
        """
        found = self._store.read(lambda view: view.accounts.named(name))
        if found is None:
            raise NotFound(f"there is no account {name!r}; 'smscore account list' shows all")
        return found

    def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""
        return self._store.read(lambda view: view.accounts.all())

    def statement(self, account: AccountId, *, limit: int = 100) -> Sequence[Entry]:
        """The account's ledger, newest first."""
        return self._store.read(lambda view: view.ledger.of(account, limit=limit))

    def account_statement(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> Statement:
        """
        The account's newest ``limit`` entries, oldest first, and whether all there are add up.

        With times only those from ``since`` on and before ``until``.

        Raises:
            NotFound: there is no such account.
            InvalidRequest: ``since`` is not before ``until``.
        """
        check_range(since, until)

        def look(view: View) -> Statement:
            found = view.accounts.get(account)
            if found is None:
                raise NotFound(f"there is no account with the id {account}")
            entries = view.ledger.of(account, since=since, until=until, limit=limit)
            return Statement(
                entries=entries[::-1],
                balance=found.credits,
                total=view.ledger.total(account),
                is_selection=since is not None or until is not None,
            )

        return self._store.read(look)


def _queues(view: View) -> tuple[Mapping[str, int], Mapping[str, datetime]]:
    """How much is queued, by channel, and since when the oldest of it."""
    backlog = view.outbox.backlog()
    return backlog, view.outbox.oldest(backlog)


def _owned(tracked: Tracked | None, message: MessageId, account: AccountId | None) -> Tracked:
    if tracked is None or account not in (None, tracked.message.account):
        raise NotFound(f"there is no message {message:016x}")
    return tracked


def _conflicts(one: ServerOverview, found: Sequence[ServerOverview]) -> tuple[str, ...]:
    """Which devices another server seems to have as well."""
    others = [
        other.about.bound
        for other in found
        if other.is_alive and other.about.name != one.about.name
    ]
    return tuple(
        channel
        for channel in one.about.bound
        if one.is_alive and any(channel in bound for bound in others)
    )
