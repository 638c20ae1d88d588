"""
The phone queue: phones fetch what waits for them, and tell what became of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from smscore.domain.deliveries import Delivery, Status
from smscore.domain.messages import AccountId, MessageId
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork
from smscore.services._progress import record
from smscore.services._settings import Settings

__all__ = ["Pickup"]


class Pickup:
    """The use cases *fetch* and *tell*. Any thread may call; both block until they are durable."""

    def __init__(self, *, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def fetch(self, account: AccountId, *, limit: int) -> Sequence[Tracked]:
        """
        Hand out the account's waiting messages, oldest first within a priority.

        Each goes to one caller only, for good: there is no lease that could run out.
        """
        channel = self._settings.account(account).phone_queue
        now = self._clock.now()
        return self._store.run(
            lambda work: _hand_out(work, channel, limit=limit, now=now),
            accounts=(account,),
            lane=Lane.CUSTODY,
        ).result()

    def tell(
        self,
        account: AccountId,
        outcomes: Mapping[MessageId, bool],
        *,
        device: str | None = None,
    ) -> int:
        """
        Keep what a phone says became of messages: True for delivered, False for failed.

        Says how many of them are the account's phone messages, so that a retry gets the same
        number. A phone's success after its failure counts; anything else after an end does not.
        """
        channel = self._settings.account(account).phone_queue
        now = self._clock.now()
        return self._store.run(
            lambda work: _keep(work, account, channel, outcomes, device=device, now=now),
            accounts=(account,),
            lane=Lane.CUSTODY,
        ).result()


def _hand_out(work: UnitOfWork, channel: str, *, limit: int, now: datetime) -> Sequence[Tracked]:
    handed_out = []
    for tracked in work.outbox.claimable(channel, limit=limit):
        delivery = tracked.delivery
        if delivery.expires_at is not None and delivery.expires_at <= now:
            record(work, delivery.expired(at=now), at=now)
            continue
        claimed = record(work, delivery.claimed(owner=None), at=now, detail={"channel": channel})
        handed_out.append(Tracked(message=tracked.message, delivery=claimed))
    return handed_out


def _keep(
    work: UnitOfWork,
    account: AccountId,
    channel: str,
    outcomes: Mapping[MessageId, bool],
    *,
    device: str | None,
    now: datetime,
) -> int:
    known = 0
    for message, is_delivered in outcomes.items():
        tracked = work.outbox.get(message)
        if tracked is None or tracked.delivery.account != account:
            continue
        if tracked.delivery.channel != channel:
            continue
        known += 1
        after = _told(tracked.delivery, is_delivered=is_delivered, now=now)
        if after is not tracked.delivery:
            record(work, after, at=now, detail={"device": device} if device else None)
    return known


def _told(delivery: Delivery, *, is_delivered: bool, now: datetime) -> Delivery:
    if is_delivered:
        return delivery.delivered(at=now) if delivery.may_become(Status.DELIVERED) else delivery
    if delivery.status is Status.SENDING:
        return delivery.refused(at=now, code="phone_failed", error="the phone could not send it")
    if delivery.status is Status.QUEUED:
        return delivery.failed(at=now, code="phone_failed", error="the phone could not send it")
    return delivery
