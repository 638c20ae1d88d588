"""
Handing queued messages to a channel's transport, and keeping what came of it.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Delivery, ProcessId, Status
from smscore.domain.messages import Medium, MessageId, Priority
from smscore.domain.policies import DEFAULT_POLICY, CustodyPolicy
from smscore.domain.routing import Topology
from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
    Unlinked,
)
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork
from smscore.ports.transport import ChannelHealth, SendJob, Transport
from smscore.services._progress import record
from smscore.services._settings import Settings
from smscore.services.dispatch._diversion import divert
from smscore.services.dispatch._handover import job_of

__all__ = ["Dispatch"]

_log = logging.getLogger(__name__)

_NOT_READY_DELAY = timedelta(seconds=10)
_PATIENCE = 30.0
"""Seconds for which a channel may be unable before its messages go to their next one."""


class Dispatch:
    """
    The use case *send*: claim, hand over, keep the outcome.

    One thread per channel calls :meth:`run_once`; the calls of different channels do not meet.
    ``health`` says what a channel could send now; ``policies`` are those of channels that do not
    have the usual one.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        settings: Settings,
        stopping: threading.Event,
        topology: Topology,
        channels: Collection[str],
        health: Callable[[str], ChannelHealth],
        policies: Mapping[str, CustodyPolicy] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._stopping = stopping
        self._topology = topology
        self._channels = channels
        self._health = health
        self._policies = policies or {}
        self._unable_since: dict[str, float] = {}

    def run_once(self, channel: str, transport: Transport) -> int:
        """
        Send the next message of the channel, if there is one, and say how many were taken.

        Takes none while the channel is paused or cannot send. Blocks for as long as the transport
        does.
        """
        if self._settings.mode(channel) is ChannelMode.PAUSED:
            return 0
        least = self._least(channel)
        if least is Priority.LOW:
            self._unable_since.pop(channel, None)
        taken = None if least is None else self.claim(channel, least=least)
        if taken is None:
            return 0 if least is Priority.LOW else self._divert(channel)
        if taken.delivery.status is Status.SENDING:
            self._send(taken, transport)
        return 1

    def claim(self, channel: str, *, least: Priority = Priority.LOW) -> Tracked | None:
        """
        Take the next message under this process's lease, if its priority is at least this one; one
        whose time is over expires.
        """
        now, owner = self._clock.now(), self._ids.process
        return self._store.run(
            lambda work: _claim(work, channel, least=least, owner=owner, now=now),
            lane=Lane.CUSTODY,
        ).result()

    def _divert(self, channel: str) -> int:
        """Let what could go elsewhere not wait for a channel that has been unable for long."""
        now, passed = self._clock.now(), self._clock.monotonic()
        since = self._unable_since.setdefault(channel, passed)
        if passed - since < _PATIENCE or not self._store.read(
            lambda view: view.outbox.backlog().get(channel)
        ):
            return 0
        running = {name: self._least(name) for name in self._channels if self._is_running(name)}
        least = {name: running.get(name) for name in self._channels}
        return self._store.run(
            lambda work: divert(work, channel, least, now=now), lane=Lane.CUSTODY
        ).result()

    def _is_running(self, channel: str) -> bool:
        return self._settings.mode(channel) is ChannelMode.RUNNING

    def _least(self, channel: str) -> Priority | None:
        """The lowest priority that a channel could send now; None: it can send nothing."""
        health = self._health(channel)
        return health.least_priority if health.is_ready else None

    def _send(self, taken: Tracked, transport: Transport) -> None:
        message, channel = taken.message.id, taken.delivery.channel
        try:
            receipt = transport.send(self._job(taken))
        except PermanentFailure as failure:
            self._keep(message, _refusal(failure), channel=channel)
        except TemporaryFailure as failure:
            self._keep(message, self._postponement(channel, failure), channel=channel)
        except Indeterminate as failure:
            self._keep(message, self._doubt(channel, failure), channel=channel, why="in_doubt")
        except Exception as failure:  # noqa: BLE001  # a stranger's code, and a broken promise
            _log.exception("the transport of channel %s broke its promise", channel)
            self._keep(message, self._breach(channel, failure), channel=channel, why="breach")
        else:
            self._keep(
                message,
                lambda delivery, now: delivery.sent(at=now, references=receipt.references),
                channel=channel,
            )

    def _job(self, taken: Tracked) -> SendJob:
        leg, recipient = taken.delivery.route[0], taken.message.recipient
        if leg.medium is Medium.SMS:
            return job_of(taken, cut=None, address=None)
        address = None
        if leg.medium is Medium.TELEGRAM:
            link = self._store.read(lambda view: view.links.get(leg.channel, recipient))
            if link is None:
                raise Unlinked(f"{recipient.value[:6]}… is not linked to {leg.channel} any more")
            address = link.address
        return job_of(taken, cut=self._topology.offer(leg.channel).cut, address=address)

    def _keep(
        self,
        message: MessageId,
        move: Callable[[Delivery, datetime], Delivery],
        *,
        channel: str,
        why: str | None = None,
    ) -> None:
        """``why`` is told if the message goes on to the next channel, unless it was refused."""
        now, owner = self._clock.now(), self._ids.process

        def work(work: UnitOfWork) -> None:
            tracked = work.outbox.get(message)
            # Else it was settled by someone who had to assume that we were gone, is being sent by
            # them, or was given to another channel, for this one took too long.
            if tracked is not None and _is_held(tracked.delivery, owner=owner, channel=channel):
                _settle(work, tracked.delivery, move(tracked.delivery, now), now=now, why=why)

        self._store.run(work, lane=Lane.CUSTODY).result()

    def _breach(self, channel: str, failure: Exception) -> Callable[[Delivery, datetime], Delivery]:
        """What no transport should raise tells nothing: only the marks of the parts do."""
        unexpected = TemporaryFailure(f"the transport failed: {type(failure).__name__}")
        postpone, doubt = self._postponement(channel, unexpected), self._doubt(channel, unexpected)

        def move(delivery: Delivery, now: datetime) -> Delivery:
            return (doubt if delivery.is_in_doubt else postpone)(delivery, now)

        return move

    def _doubt(
        self, channel: str, failure: TransportError
    ) -> Callable[[Delivery, datetime], Delivery]:
        policy = self._policies.get(channel, DEFAULT_POLICY)
        return lambda delivery, now: delivery.in_doubt(at=now, error=_said(failure), policy=policy)

    def _postponement(
        self, channel: str, failure: TransportError
    ) -> Callable[[Delivery, datetime], Delivery]:
        retry = self._policies.get(channel, DEFAULT_POLICY).retry

        def move(delivery: Delivery, now: datetime) -> Delivery:
            delivery = delivery.without_doubt()  # certainly not sent: that is what it means
            if isinstance(failure, NotReady) and self._stopping.is_set():
                return delivery.released()
            if isinstance(failure, NotReady):
                return delivery.postponed(
                    until=now + _NOT_READY_DELAY, error=_said(failure), is_counted=False
                )
            delay = retry.delay(delivery.attempts)
            if delay is None:
                return delivery.refused(at=now, code="gave_up", error=_said(failure))
            return delivery.postponed(until=now + timedelta(seconds=delay), error=_said(failure))

        return move


def _claim(
    work: UnitOfWork, channel: str, *, least: Priority, owner: ProcessId, now: datetime
) -> Tracked | None:
    for tracked in work.outbox.claimable(channel, limit=1):
        delivery = tracked.delivery
        if delivery.expires_at is not None and delivery.expires_at <= now:
            expired = record(work, delivery.expired(at=now), at=now)
            return Tracked(message=tracked.message, delivery=expired)
        if delivery.priority < least:
            return None  # and so are all behind it
        claimed = delivery.claimed(owner=owner)
        detail: dict[str, str | int | None] = {"channel": channel, "attempt": claimed.attempts}
        return Tracked(
            message=tracked.message, delivery=record(work, claimed, at=now, detail=detail)
        )
    return None


def _is_held(delivery: Delivery, *, owner: ProcessId, channel: str) -> bool:
    return (
        delivery.status is Status.SENDING
        and delivery.owner == owner
        and delivery.channel == channel
    )


def _settle(
    work: UnitOfWork, before: Delivery, after: Delivery, *, now: datetime, why: str | None
) -> None:
    detail: dict[str, str | int | None] = {"channel": before.channel}
    if after.status is Status.SENT:
        detail["references"] = ", ".join(part.reference or "-" for part in after.parts)
    if why is not None and after.route != before.route:
        detail |= {"to": after.channel, "why": why}
    if after.error:
        detail["error"] = after.error
    if after.due_at is not None:
        detail["again_at"] = after.due_at.isoformat(timespec="seconds")
    record(work, after, at=now, kind=_kind_of(before, after), detail=detail)


def _kind_of(before: Delivery, after: Delivery) -> str:
    match after.status:
        case Status.SCHEDULED:
            return "message.retried"
        case Status.QUEUED if after.route != before.route:
            return "message.rerouted"
        case Status.QUEUED if before.is_in_doubt:
            return "message.resent"
        case Status.QUEUED:
            return "message.released"
        case status:
            return f"message.{status}"


def _refusal(failure: TransportError) -> Callable[[Delivery, datetime], Delivery]:
    return lambda delivery, now: delivery.without_doubt().refused(
        at=now, code=failure.code, error=_said(failure)
    )


def _said(failure: TransportError) -> str:
    said = str(failure)
    return f"{said} ({failure.cause})" if failure.cause and failure.cause not in said else said
