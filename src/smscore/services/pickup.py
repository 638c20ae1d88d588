"""
The phone queue: phones fetch what waits for them, and tell what became of it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import attrs

from smscore.domain.claims import Claims
from smscore.domain.deliveries import Delivery, Leg, Status
from smscore.domain.devices import MOST_DEVICES, Device
from smscore.domain.events import next_event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.routing import Topology
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, Tracked, UnitOfWork, commit
from smscore.services._consent import Objections
from smscore.services._progress import record, withhold
from smscore.services._settings import Settings

__all__ = ["Pickup"]

_COULD_NOT = "the phone could not send it"
_FAILED = {"outcome": "failed"}
_AT_PHONES = frozenset({Status.QUEUED, Status.SENDING, Status.INDETERMINATE})


@attrs.frozen(kw_only=True)
class _Phone:
    """Who polls or reports, and when."""

    account: AccountId
    queue: Leg
    name: str  # empty: it gave none
    now: datetime

    @property
    def detail(self) -> dict[str, str | int | None]:
        """What each event of it tells."""
        named: dict[str, str | int | None] = {"device": self.name} if self.name else {}
        return {"channel": self.queue.channel, **named}


class Pickup:
    """The use cases *fetch* and *tell*. Any thread may call; both block until they are durable."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        settings: Settings,
        topology: Topology,
        objections: Objections,
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._topology = topology
        self._objections = objections

    def fetch(
        self, account: AccountId, *, limit: int, device: str | None = None
    ) -> Sequence[Tracked]:
        """
        Hand out the account's waiting messages, oldest first within a priority.

        Each goes to one caller only; whoever has it keeps it until an operator, or the account's
        lease for claims, puts it back.
        """
        phone = self._phone(account, device)
        return commit(
            self._store,
            lambda work: _hand_out(work, phone, limit=limit, objections=self._objections),
            accounts=(account,),
        )

    def tell(
        self,
        account: AccountId,
        outcomes: Mapping[MessageId, bool],
        *,
        device: str | None = None,
    ) -> int:
        """
        Keep what a phone says became of messages: True for delivered, False for failed.

        Says how many of them are or were the account's phone messages, so that a retry gets the
        same number. A phone's success counts whatever was said before; a failure counts unless
        another phone may have the message.
        """
        phone = self._phone(account, device)
        return commit(self._store, lambda work: _keep(work, phone, outcomes), accounts=(account,))

    def _phone(self, account: AccountId, device: str | None) -> _Phone:
        channel = self._settings.account(account).phone_queue
        return _Phone(
            account=account,
            queue=Leg(channel=channel, price=self._topology.offer(channel).price),
            name=device or "",
            now=self._clock.now(),
        )


def _hand_out(
    work: UnitOfWork, phone: _Phone, *, limit: int, objections: Objections
) -> Sequence[Tracked]:
    _see(work, phone, lambda device: device.polled(at=phone.now))
    handed_out, detail = [], phone.detail
    claimable = work.outbox.claimable(phone.queue.channel, limit=limit)
    objected = objections.against(work, [one.message for one in claimable])
    for tracked in claimable:
        delivery = tracked.delivery
        if reason := objected.get(tracked.message.id):
            withhold(work, delivery, reason, at=phone.now)
            continue
        if delivery.expires_at is not None and delivery.expires_at <= phone.now:
            record(work, delivery.expired(at=phone.now), at=phone.now)
            continue
        claimed = record(work, delivery.handed_out(at=phone.now), at=phone.now, detail=detail)
        handed_out.append(Tracked(message=tracked.message, delivery=claimed))
    return handed_out


def _keep(work: UnitOfWork, phone: _Phone, outcomes: Mapping[MessageId, bool]) -> int:
    known = delivered = failed = 0
    for message, is_delivered in outcomes.items():
        tracked = work.outbox.get(message)
        if tracked is None or tracked.delivery.account != phone.account:
            continue
        keep = _keep_success if is_delivered else _keep_failure
        is_news = keep(work, phone, tracked.delivery)
        if is_news is None:
            continue
        known += 1
        delivered += is_delivered and is_news
        failed += not is_delivered and is_news
    _see(
        work,
        phone,
        lambda device: device.reported(at=phone.now, delivered=delivered, failed=failed),
    )
    return known


def _keep_success(work: UnitOfWork, phone: _Phone, delivery: Delivery) -> bool | None:
    """Whether it was news; None if phones never had the message."""
    is_there = delivery.channel == phone.queue.channel
    if not is_there and not _claims(work, phone, delivery).is_known:
        return None
    if not delivery.may_become(Status.DELIVERED):
        return False
    if is_there:
        after = delivery.delivered(at=phone.now)
    else:
        after = delivery.delivered_by(phone.queue, at=phone.now)
    record(work, after, at=phone.now, detail=phone.detail)
    return True


def _keep_failure(work: UnitOfWork, phone: _Phone, delivery: Delivery) -> bool | None:
    """The same."""
    claims = _claims(work, phone, delivery)
    if delivery.channel != phone.queue.channel:
        return False if claims.is_known else None
    if delivery.status not in _AT_PHONES or claims.is_beside_the_point(phone.name):
        return False
    if delivery.status is Status.QUEUED and claims.is_known and not claims.holders:
        return False  # it failed, and is to be tried anew: this is about the time before
    is_requeued = delivery.status is Status.QUEUED and bool(claims.holders)
    if is_requeued or claims.is_open_to_others(phone.name):
        _note(work, phone, delivery)
    else:
        _refuse(work, phone, delivery)
    return True


def _note(work: UnitOfWork, phone: _Phone, delivery: Delivery) -> None:
    """A word for the story: the message is another phone's by now, or will be."""
    noted, event = next_event(
        delivery, kind="message.reported", at=phone.now, detail=phone.detail | _FAILED
    )
    work.outbox.save(noted)
    work.events.add(event)


def _refuse(work: UnitOfWork, phone: _Phone, delivery: Delivery) -> None:
    """The next channel gets it, or it failed."""
    end = delivery.failed if delivery.status is Status.INDETERMINATE else delivery.refused
    after = end(at=phone.now, code="phone_failed", error=_COULD_NOT)
    if after.status is Status.FAILED:
        record(work, after, at=phone.now, detail=phone.detail)
        return
    detail = phone.detail | {"to": after.channel, "error": _COULD_NOT}
    record(work, after, at=phone.now, kind="message.rerouted", detail=detail)


def _claims(work: UnitOfWork, phone: _Phone, delivery: Delivery) -> Claims:
    return Claims.told_by(work.events.of(delivery.message), channel=phone.queue.channel)


def _see(work: UnitOfWork, phone: _Phone, change: Callable[[Device], Device]) -> None:
    known = work.devices.get(phone.account, phone.name)
    after = change(known or Device.seen_first(phone.account, phone.name, at=phone.now))
    if after is known:
        return
    work.devices.put(after)
    if known is None:
        work.devices.keep_latest(phone.account, MOST_DEVICES)
