"""
Posting again what was posted or given up, or at once what waits: the same bytes, oldest first.
"""

from collections.abc import Sequence
from datetime import datetime

import attrs

from smscore.domain.audit import AuditEntry
from smscore.domain.moments import check_range
from smscore.domain.webhooks import Posting, PostingId, PostingState
from smscore.ports.storage import Store, UnitOfWork, commit

__all__ = ["Deliveries", "replay_all"]

_AT_ONCE = 500


@attrs.frozen(kw_only=True)
class Deliveries:
    """
    Which deliveries are meant: of a state, of events that were written down in a time.

    Raises:
        InvalidRequest: ``since`` is not before ``until``.
    """

    state: PostingState | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __attrs_post_init__(self) -> None:
        check_range(self.since, self.until)

    def has(self, posting: Posting) -> bool:
        """Whether this is one of them."""
        return (
            self.state in (None, posting.state)
            and (self.since is None or posting.created_at >= self.since)
            and (self.until is None or posting.created_at < self.until)
        )


def replay_all(store: Store, endpoint: str, deliveries: Deliveries, *, noted: AuditEntry) -> int:
    """
    Post these again, in steps; without a state those that were given up. Says how many.

    Of what is pending that means what waits for its next attempt. ``noted`` is written down with
    each step, and how many it was.
    """
    now = noted.at
    wanted = attrs.evolve(deliveries, state=deliveries.state or PostingState.DEAD)
    oldest_first = _meant(store, endpoint, wanted, now=now)[::-1]
    steps = range(0, len(oldest_first), _AT_ONCE)
    return sum(
        _replay(store, oldest_first[at : at + _AT_ONCE], wanted, noted=noted) for at in steps
    )


def _meant(store: Store, endpoint: str, wanted: Deliveries, *, now: datetime) -> list[PostingId]:
    """Which those are, newest first."""
    found: list[PostingId] = []
    last: PostingId | None = None
    while page := _page(store, endpoint, wanted.state, before=last):
        found += [one.id for one in page if _is_meant(one, wanted, now=now)]
        last = page[-1].id
    return found


def _is_meant(posting: Posting, wanted: Deliveries, *, now: datetime) -> bool:
    is_waiting = posting.due_at is not None and posting.due_at > now
    return wanted.has(posting) and (is_waiting or posting.state is not PostingState.PENDING)


def _page(
    store: Store, endpoint: str, state: PostingState | None, *, before: PostingId | None
) -> Sequence[Posting]:
    return store.read(
        lambda view: view.webhooks.postings(endpoint, state=state, before=before, limit=_AT_ONCE)
    )


def _replay(
    store: Store, postings: Sequence[PostingId], wanted: Deliveries, *, noted: AuditEntry
) -> int:
    def work(work: UnitOfWork) -> int:
        found = [work.webhooks.posting(one) for one in postings]
        meant = [one for one in found if one is not None and _is_meant(one, wanted, now=noted.at)]
        for posting in meant:
            work.webhooks.replay(posting.replayed(at=noted.at))
        if meant:
            detail = {**noted.detail, "deliveries": len(meant)}
            work.audit.add(attrs.evolve(noted, detail=detail))
        return len(meant)

    return commit(store, work)
