"""
Handing queued messages to a channel's transport, and keeping what came of it.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta

from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Delivery, Status
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
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork, commit
from smscore.ports.transport import ChannelHealth, SendJob, SendReceipt, Transport
from smscore.services._consent import Objections
from smscore.services._settings import Settings
from smscore.services.dispatch._diversion import Diversion
from smscore.services.dispatch._handover import job_of
from smscore.services.dispatch._steps import claim, is_held, release, settle

__all__ = ["Dispatch"]

_log = logging.getLogger(__name__)

_NOT_READY_DELAY = timedelta(seconds=10)
_MOST_AT_ONCE = 16
_AHEAD = 0.1
"""Seconds for which messages may be claimed and not begun: nobody can call them back, nor pass."""


class Dispatch:
    """
    The use case *send*: claim, hand over, keep the outcome.

    One thread per channel calls :meth:`run_once`; the calls of different channels do not meet.
    ``health`` says what a channel could send now, ``is_stopping`` that nothing more is to be begun
    on it here; ``policies`` are those of channels that do not have the usual one.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        settings: Settings,
        is_stopping: Callable[[str], bool],
        topology: Topology,
        channels: Collection[str],
        health: Callable[[str], ChannelHealth],
        objections: Objections,
        policies: Mapping[str, CustodyPolicy] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._is_stopping = is_stopping
        self._topology = topology
        self._channels = channels
        self._health = health
        self._objections = objections
        self._policies = policies or {}
        self._diversion = Diversion(store=store, clock=clock)
        self._paces: dict[str, int] = {}  # how many messages a channel takes in a moment

    def run_once(self, channel: str, transport: Transport) -> int:
        """
        Send the next messages of the channel, if there are any, and say how many were taken.

        Takes none while the channel is paused, stops or cannot send, and several only while they
        leave within a moment. Blocks for as long as the transport does.
        """
        if self._is_stopping(channel) or self._settings.mode(channel) is ChannelMode.PAUSED:
            return 0
        least = self._least(channel)
        if least is Priority.LOW:
            self._diversion.end(channel)
        limit = self._paces.get(channel, 1)
        taken = () if least is None else self.claim(channel, least=least, limit=limit)
        if not taken:
            if least is Priority.LOW:
                return 0
            return self._diversion.run_once(channel, self._abilities)
        self._send_all(channel, transport, taken, least=least)
        return len(taken)

    def claim(
        self, channel: str, *, least: Priority = Priority.LOW, limit: int = 1
    ) -> Sequence[Tracked]:
        """
        Take the next messages under this process's lease, if their priority is at least this one;
        those whose time is over expire, and those to recipients who opted out are withheld.
        """
        now, owner = self._clock.now(), self._ids.process
        return commit(
            self._store,
            lambda work: claim(
                work,
                channel,
                least=least,
                owner=owner,
                now=now,
                limit=limit,
                objections=self._objections,
            ),
        )

    def _send_all(
        self,
        channel: str,
        transport: Transport,
        taken: Sequence[Tracked],
        *,
        least: Priority | None,
    ) -> None:
        """
        Hand them over, one after the other. What came of them is kept when this returns.

        Nothing waits for the receipt of the one before: the marks of its parts say the same.
        """
        began, kept = self._clock.monotonic(), []
        claimed = [one for one in taken if one.delivery.status is Status.SENDING]
        for place, one in enumerate(claimed):
            passed = self._clock.monotonic() - began
            if place and (passed > 2 * _AHEAD or not self._goes_on(channel, least=least)):
                kept.append(self._release(claimed[place:]))
                break
            kept.append(self._send(one, transport))
        for future in kept:
            future.result()
        if kept:
            self._learn_pace(channel, (self._clock.monotonic() - began) / len(kept))

    def _goes_on(self, channel: str, *, least: Priority | None) -> bool:
        """Whether everything is as it was when the messages were claimed."""
        is_paused = self._settings.mode(channel) is ChannelMode.PAUSED
        return not (is_paused or self._is_stopping(channel) or self._least(channel) is not least)

    def _learn_pace(self, channel: str, each: float) -> None:
        """How many are claimed next time; ``each`` is the seconds that one took."""
        most = 2 * self._paces.get(channel, 1)
        fit = int(_AHEAD / each) if each > 0 else 1
        self._paces[channel] = max(1, min(fit, most, _MOST_AT_ONCE))

    def _release(self, unbegun: Sequence[Tracked]) -> Future[None]:
        """Give back what is not sent now."""
        now, owner = self._clock.now(), self._ids.process
        return self._store.run(
            lambda work: release(work, unbegun, owner=owner, now=now), lane=Lane.CUSTODY
        )

    def _abilities(self) -> Mapping[str, Priority | None]:
        """The lowest priority that each channel could send now; None: it can send nothing."""
        running = {name: self._least(name) for name in self._channels if self._is_running(name)}
        return {name: running.get(name) for name in self._channels}

    def _is_running(self, channel: str) -> bool:
        return self._settings.mode(channel) is ChannelMode.RUNNING

    def _least(self, channel: str) -> Priority | None:
        """The lowest priority that a channel could send now; None: it can send nothing."""
        health = self._health(channel)
        return health.least_priority if health.is_ready else None

    def _send(self, taken: Tracked, transport: Transport) -> Future[None]:
        """Hand it over, and begin to keep what came of it."""
        message, channel = taken.message.id, taken.delivery.channel
        try:
            references = _references(transport.send(self._job(taken)))
        except PermanentFailure as failure:
            return self._keep(message, _refusal(failure), channel=channel)
        except TemporaryFailure as failure:
            return self._keep(message, self._postponement(channel, failure), channel=channel)
        except Indeterminate as failure:
            return self._keep(
                message, self._doubt(channel, failure), channel=channel, why="in_doubt"
            )
        except Exception as failure:  # noqa: BLE001  # a stranger's code, and a broken promise
            _log.exception("the transport of channel %s broke its promise", channel)
            return self._keep(
                message, self._breach(channel, failure), channel=channel, why="breach"
            )
        return self._keep(
            message,
            lambda delivery, now: delivery.sent(at=now, references=references),
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
                raise Unlinked(f"{recipient.hint} is not linked to {leg.channel} any more")
            address = link.address
        return job_of(taken, cut=self._topology.offer(leg.channel).cut, address=address)

    def _keep(
        self,
        message: MessageId,
        move: Callable[[Delivery, datetime], Delivery],
        *,
        channel: str,
        why: str | None = None,
    ) -> Future[None]:
        """``why`` is told if the message goes on to the next channel, unless it was refused."""
        now, owner = self._clock.now(), self._ids.process

        def work(work: UnitOfWork) -> None:
            tracked = work.outbox.get(message)
            # Else it was settled by someone who had to assume that we were gone, is being sent by
            # them, or was given to another channel, for this one took too long.
            if tracked is not None and is_held(tracked.delivery, owner=owner, channel=channel):
                settle(work, tracked.delivery, move(tracked.delivery, now), now=now, why=why)

        return self._store.run(work, lane=Lane.CUSTODY)

    def _breach(self, channel: str, failure: Exception) -> Callable[[Delivery, datetime], Delivery]:
        """What no transport should raise tells nothing: only the marks of the parts do."""
        unexpected = TemporaryFailure(f"the transport failed: {type(failure).__name__}")
        postpone, doubt = self._postponement(channel, unexpected), self._doubt(channel, unexpected)

        def move(delivery: Delivery, now: datetime) -> Delivery:
            if delivery.is_in_doubt:
                return doubt(delivery, now)
            return delivery.sent(at=now) if delivery.is_whole else postpone(delivery, now)

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
            if isinstance(failure, NotReady) and self._is_stopping(channel):
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


def _refusal(failure: TransportError) -> Callable[[Delivery, datetime], Delivery]:
    return lambda delivery, now: delivery.without_doubt().refused(
        at=now, code=failure.code, error=_said(failure)
    )


def _references(receipt: object) -> tuple[str | None, ...]:
    """Those of what a stranger's code returned: a message without would be claimed for ever."""
    if not isinstance(receipt, SendReceipt):
        raise TypeError(f"send() gave {type(receipt).__name__} and no SendReceipt")
    for reference in receipt.references:
        if not isinstance(reference, str | None):
            raise TypeError(f"a reference is a string or None, and not {reference!r}")
    return receipt.references


def _said(failure: TransportError) -> str:
    said = str(failure)
    return f"{said} ({failure.cause})" if failure.cause and failure.cause not in said else said
