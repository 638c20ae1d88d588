"""
The whole decision about one message, by one pure function, with its reasons.

``submit`` is plan, then store; ``estimate`` and ``explain`` are plan, then show: the same code.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery, Leg, Status
from smscore.domain.description import Description, describe
from smscore.domain.events import Event
from smscore.domain.messages import OutboundMessage
from smscore.domain.routing import Route, Topology, choose_channels
from smscore.domain.segments import Encoding, Segments
from smscore.domain.typography import Replacement
from smscore.errors import InvalidRequest, MessageTooLong, NoRoute

__all__ = ["Plan", "Way", "plan"]

# Looked up once: members and values of enumerations are found by calls.
_AT_ONCE = Status.QUEUED, f"message.{Status.QUEUED.value}"
_LATER = Status.SCHEDULED, f"message.{Status.SCHEDULED.value}"
_ENCODINGS = {encoding: encoding.value for encoding in Encoding}


class Way(Struct, frozen=True, kw_only=True):
    """The channels that will be tried, one after another."""

    route: tuple[Leg, ...]
    charge: int  # credits taken when accepting: the dearest leg; the rest comes back when sent
    channels: str  # their names, as the message's story tells them


class Plan(Struct, frozen=True, kw_only=True):
    """What will become of a message: its parts, its way, its price."""

    message: OutboundMessage
    description: Description
    rule: str  # the routing rule that matched
    way: Way

    @property
    def route(self) -> tuple[Leg, ...]:
        """The channels that will be tried, with what the message costs on each."""
        return self.way.route

    @property
    def charge(self) -> int:
        """Credits taken when accepting."""
        return self.way.charge

    @property
    def segments(self) -> Segments:
        """The parts in which the text will be sent."""
        return self.description.segments

    def begin(
        self, *, charged: int, quota: str | None = None, request: str | None = None
    ) -> tuple[Delivery, Event]:
        """
        The delivery with which the message begins, and the first event of its story.

        ``quota`` says what the month has left of its limit, if there is one; ``request`` names the
        first message of its request, if that is another one: the ledger's entry for all of them
        names it.
        """
        message = self.message
        reasons = self._reasons()
        if quota is not None:
            reasons["quota"] = quota
        if request is not None:
            reasons["request"] = request
        due_at = message.not_before
        status, kind = _LATER if due_at else _AT_ONCE
        delivery = Delivery(
            message=message.id,
            account=message.account,
            recipient=message.recipient,
            route=self.way.route,
            segments=len(self.description.segments.parts),
            charged=charged,
            accepted_at=message.accepted_at,
            priority=message.priority,
            status=status,
            due_at=due_at,
            expires_at=message.expires_at,
            sequence=1,
        )
        event = Event(
            message=message.id,
            account=message.account,
            sequence=1,
            kind=kind,
            at=message.accepted_at,
            detail=reasons,
        )
        return delivery, event

    def _reasons(self) -> dict[str, str | int | None]:
        """Why it was decided so, for the message's story."""
        segments, way = self.description.segments, self.way
        reasons: dict[str, str | int | None] = {
            "rule": self.rule,
            "channels": way.channels,
            "encoding": _ENCODINGS[segments.encoding],
            "parts": len(segments.parts),
            "credits": way.charge,
        }
        if segments.locking or segments.single:
            reasons["tables"] = _tables(segments)
        if self.description.replacements:
            reasons["replaced"] = _replaced(self.description.replacements)
        return reasons


def plan(
    message: OutboundMessage,
    *,
    account: Account,
    routes: Sequence[Route],
    topology: Topology,
    now: datetime,
    description: Description | None = None,
) -> Plan:
    """
    Decide about a message; spending is the account's own decision.

    ``description`` of the message's text under the account's options, if it is known already.

    Raises:
        InvalidRequest: nothing would be left of its text.
        MessageTooLong: it needs more parts than allowed, or than any of its channels can send.
        NoRoute: no channel may carry it.
    """
    if description is None:
        description = describe(message.text, options=account.encoding)
    if not description.text:
        raise InvalidRequest("the text is empty; a message needs at least one character")
    rule, channels = choose_channels(
        message.recipient,
        account=account,
        surface=message.surface,
        routes=routes,
        topology=topology,
    )
    if message.not_before is not None and message.not_before <= now:
        message = replace(message, not_before=None)
    return Plan(
        message=_as_sent(message, description),
        description=description,
        rule=rule,
        way=_way(channels, len(description.segments.parts), topology, message.flash),
    )


def _as_sent(message: OutboundMessage, description: Description) -> OutboundMessage:
    """The message with the text that will go out, and what sending it has to know."""
    options = description.options
    if not (options.languages or options.wide_reference) and description.text == message.text:
        return message  # nearly always
    return replace(
        message,
        text=description.text,
        languages=options.languages,
        wide_reference=options.wide_reference,
    )


@lru_cache(maxsize=16_384)  # few different ones, many messages
def _way(
    channels: tuple[str, ...],
    parts: int,
    topology: Topology,
    is_flash: bool,  # noqa: FBT001  # what is cached is found sooner without keywords
) -> Way:
    offers = [topology.offer(channel) for channel in channels]
    if is_flash:
        offers = [offer for offer in offers if offer.flash]
        if not offers:
            raise NoRoute("none of the message's channels can send a flash message")
    able = [offer for offer in offers if offer.max_parts >= parts]
    if not able:
        raise MessageTooLong(
            f"the text needs {parts} parts, its channels send at most "
            f"{max(offer.max_parts for offer in offers)}"
        )
    return Way(
        route=tuple([Leg(channel=offer.name, price=offer.price * parts) for offer in able]),
        charge=max([offer.price for offer in able]) * parts,
        channels=", ".join([offer.name for offer in able]),
    )


def _tables(segments: Segments) -> str:
    """The national tables that the text is written with."""
    tables = (("locking", segments.locking), ("single", segments.single))
    return ", ".join(f"{kind} {language}" for kind, language in tables if language)


def _replaced(replacements: Sequence[Replacement]) -> str:
    """Each kind of replacement once, with how often it was made."""
    counted = Counter((one.name, one.replacement) for one in replacements)
    return ", ".join(f"{name} by {new!r} ({times})" for (name, new), times in counted.items())
