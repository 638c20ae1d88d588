"""
How endpoints fare: how much each is told at a time, and for how long a broken one is left alone.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from smscore.domain.messages import AccountId
from smscore.domain.webhooks import Posting, PostingId, Webhook, WebhookId
from smscore.services.webhooks._plans import Plan

__all__ = ["Endpoint", "Endpoints"]

_FIRST_WIDTH, _WIDEST = 4, 64
_PATIENCE = 5
"""Failures in a row after which an endpoint is left alone for a while."""
_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 300.0  # seconds
_ENOUGH = 1000  # endpoints; more are remembered only while something waits for them


class Endpoint:
    """
    What is known of one endpoint while the process lives.

    One that answers is told more at a time, up to 64 events; one that fails is told less, and after
    five failures in a row a single one after a pause that grows.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.account: AccountId | None = None  # None: nobody has looked yet
        self.webhook: WebhookId | None = None  # None: the same, or it is a callback's host
        self.in_flight: dict[PostingId, Posting] = {}  # until the answer is kept
        self.calls = 0  # that are not answered
        self.ahead: deque[Plan] = deque()  # what is due and was read lately
        self.failing_since: datetime | None = None
        self.is_known_to_fail = False  # to the store
        self._width = _FIRST_WIDTH
        self._failures = 0
        self._left_alone_until: datetime | None = None
        self._asked_until: datetime | None = None  # by itself

    def room(self, *, now: datetime) -> int:
        """How much more it may be told now."""
        if now < self.next_look(now=now):
            return 0
        width = 1 if self._failures >= _PATIENCE else self._width
        return max(0, width - self.calls)

    def next_look(self, *, now: datetime) -> datetime:
        """From when on it may be told anything."""
        return max(now, self._left_alone_until or now, self._asked_until or now)

    def compare(self, webhook: Webhook) -> None:
        """
        Take over what the store knows: since when it fails, or that somebody has mended it.

        Then it is asked as if it had never failed.
        """
        self.webhook = webhook.id
        if self.is_known_to_fail and webhook.failing_since is None:
            self.failing_since = self._left_alone_until = self._asked_until = None
            self._failures = 0
        self.is_known_to_fail = webhook.failing_since is not None
        self.failing_since = self.failing_since or webhook.failing_since

    def has_failed_for(self, time: timedelta, *, now: datetime) -> bool:
        """Whether nothing has reached it for so long."""
        return self.failing_since is not None and now - self.failing_since >= time

    def succeeded(self) -> None:
        """It has heard something."""
        self._failures = 0
        self._left_alone_until = None
        self.failing_since = None
        self._width = min(self._width + 1, _WIDEST)

    def failed(self, *, at: datetime, jitter: float, asked_until: datetime | None = None) -> None:
        """
        It has not; ``jitter`` is from 0 to 1.

        What it has heard meanwhile, in calls that were under way, is no leave to call before the
        time that it asked for.
        """
        if asked_until is not None:
            self._asked_until = max(asked_until, self._asked_until or asked_until)
        self.ahead.clear()
        self._failures += 1
        self._width = max(1, self._width // 2)
        self.failing_since = self.failing_since or at
        if self._failures >= _PATIENCE:
            doubled = _FIRST_PAUSE * 2.0 ** min(self._failures - _PATIENCE, 10)
            pause = min(doubled, _LONGEST_PAUSE) * (1 - jitter / 2)
            self._left_alone_until = at + timedelta(seconds=pause)


class Endpoints:
    """Those of this process, and when each is to be looked after."""

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}
        self._looks: dict[str, datetime] = {}
        self._most = _ENOUGH

    def __getitem__(self, name: str) -> Endpoint:
        found = self._endpoints.get(name)
        if found is None:
            if len(self._endpoints) >= self._most:
                self._forget()
            found = self._endpoints[name] = Endpoint(name)
        return found

    def look_after(self, name: str, *, at: datetime) -> None:
        """Look after it then at the latest."""
        self._looks[name] = min(at, self._looks.get(name, at))

    def to_look_after(self, *, now: datetime) -> Iterator[Endpoint]:
        """Each whose time has come, once; the others keep theirs when the caller ends early."""
        for name in [name for name, at in self._looks.items() if at <= now]:
            del self._looks[name]
            yield self[name]

    def broken(self) -> list[Endpoint]:
        """Those that the store believes to fail."""
        return [one for one in self._endpoints.values() if one.is_known_to_fail]

    def _forget(self) -> None:
        """Each that is told nothing and waits for nothing; what is left may double until then."""
        for name in [name for name, one in self._endpoints.items() if not one.in_flight]:
            if name not in self._looks:
                del self._endpoints[name]
        self._most = max(_ENOUGH, 2 * len(self._endpoints))
