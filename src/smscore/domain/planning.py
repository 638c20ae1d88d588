"""
The whole decision about one message, by one pure function, with its reasons.

``submit`` is plan, then store; ``estimate`` and ``explain`` are plan, then show: the same code.
"""

from collections.abc import Sequence
from datetime import datetime

import attrs

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery, Leg, Status
from smscore.domain.events import Event
from smscore.domain.messages import OutboundMessage
from smscore.domain.routing import Route, Topology, choose_channels
from smscore.domain.segments import Segments, split
from smscore.errors import MessageTooLong, NoRoute

__all__ = ["Plan", "plan"]


@attrs.frozen(kw_only=True)
class Plan:
    """What will become of a message: its parts, its way, its price."""

    message: OutboundMessage
    segments: Segments
    rule: str  # the routing rule that matched
    route: tuple[Leg, ...]
    charge: int  # credits taken when accepting: the dearest leg; the rest comes back when sent

    def begin(self, *, charged: int) -> tuple[Delivery, Event]:
        """The delivery with which the message begins, and the first event of its story."""
        due_at = self.message.not_before
        status = Status.SCHEDULED if due_at else Status.QUEUED
        delivery = Delivery(
            message=self.message.id,
            account=self.message.account,
            recipient=self.message.recipient,
            route=self.route,
            segments=self.segments.count,
            charged=charged,
            accepted_at=self.message.accepted_at,
            priority=self.message.priority,
            status=status,
            due_at=due_at,
            expires_at=self.message.expires_at,
            sequence=1,
        )
        event = Event(
            message=self.message.id,
            account=self.message.account,
            sequence=1,
            kind=f"message.{status.value}",
            at=self.message.accepted_at,
            detail=self._reasons(),
        )
        return delivery, event

    def _reasons(self) -> dict[str, str | int | None]:
        """Why it was decided so, for the message's story."""
        return {
            "rule": self.rule,
            "channels": ", ".join(leg.channel for leg in self.route),
            "encoding": self.segments.encoding.value,
            "parts": self.segments.count,
            "credits": self.charge,
        }


def plan(
    message: OutboundMessage,
    *,
    account: Account,
    routes: Sequence[Route],
    topology: Topology,
    now: datetime,
    max_parts: int = 50,
) -> Plan:
    """
    Decide about a message; spending is the account's own decision.

    Raises:
        MessageTooLong: it needs more parts than allowed, or than any of its channels can send.
        NoRoute: no channel may carry it.
    """
    segments = split(message.text, max_parts=max_parts)
    rule, channels = choose_channels(
        message.recipient,
        account=account,
        surface=message.surface,
        routes=routes,
        topology=topology,
    )
    if message.not_before is not None and message.not_before <= now:
        message = attrs.evolve(message, not_before=None)
    route = _legs(message, channels, segments.count, topology)
    return Plan(
        message=message,
        segments=segments,
        rule=rule,
        route=route,
        charge=max([leg.price for leg in route]),
    )


def _legs(
    message: OutboundMessage, channels: Sequence[str], parts: int, topology: Topology
) -> tuple[Leg, ...]:
    offers = [topology.offer(channel) for channel in channels]
    if message.flash:
        offers = [offer for offer in offers if offer.flash]
        if not offers:
            raise NoRoute("none of the message's channels can send a flash message")
    able = [offer for offer in offers if offer.max_parts >= parts]
    if not able:
        raise MessageTooLong(
            f"the text needs {parts} parts, its channels send at most "
            f"{max(offer.max_parts for offer in offers)}"
        )
    return tuple([Leg(channel=offer.name, price=offer.price * parts) for offer in able])
