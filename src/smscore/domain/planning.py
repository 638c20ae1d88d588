"""
The whole decision about one message, by one pure function, with its reasons.

``submit`` is plan, then store; ``estimate`` and ``explain`` are plan, then show: the same code.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery, Leg, Status, patience_ends
from smscore.domain.description import Description, describe, describe_email
from smscore.domain.events import Event
from smscore.domain.messages import Medium, OutboundMessage, clean_text
from smscore.domain.routes import Routes
from smscore.domain.routing import Topology
from smscore.domain.segments import MOST_PARTS, Encoding, EncodingOptions, Segments
from smscore.domain.typography import Replacement
from smscore.domain.ways import Way, choose_way
from smscore.errors import InvalidRequest

__all__ = ["Plan", "describe_accepted", "plan"]

# Looked up once: members and values of enumerations are found by calls.
_AT_ONCE = Status.QUEUED, f"message.{Status.QUEUED.value}"
_LATER = Status.SCHEDULED, f"message.{Status.SCHEDULED.value}"
_WITHOUT_A_WISH = frozenset({Medium.SMS, Medium.AUTOMATIC})
"""What is said of messages that may go as whatever reaches their recipient."""
_ENCODINGS = {encoding: encoding.value for encoding in Encoding}


class Plan(Struct, frozen=True, kw_only=True):
    """What will become of a message: its parts, its way, its price."""

    message: OutboundMessage
    description: Description
    rule: str  # the routing rule that matched; empty: it goes by links alone
    way: Way
    pace: int | None = None  # messages a minute by its rule; None: no turn is to be waited for
    seen: Mapping[str, str | int] = {}  # what was decided by, where it may be otherwise next time
    ignores_sender: bool = False  # it names one, and its first channel shows none but its own

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
        self,
        *,
        charged: int,
        quota: str | None = None,
        request: str | None = None,
        turn: datetime | None = None,
        left_out: str | None = None,
    ) -> tuple[Delivery, Event]:
        """
        The delivery with which the message begins, and the first event of its story.

        ``quota`` says what the month has left of its limit, if there is one; ``request`` names the
        first message of its request, if that is another one: the ledger's entry for all of them
        names it. ``turn`` is when its rule lets it leave; ``left_out`` tells whom else the request
        named, who must not be written to.
        """
        message = self.message
        reasons = self._reasons()
        if quota is not None:
            reasons["quota"] = quota
        if request is not None:
            reasons["request"] = request
        if left_out is not None:
            reasons["left_out"] = left_out
        due_at, accepted_at = message.not_before, message.accepted_at
        if turn is not None and turn > accepted_at:
            due_at = turn
            reasons["pace"], reasons["turn"] = self.pace, f"{turn:%Y-%m-%dT%H:%M:%SZ}"
        status, kind = _LATER if due_at else _AT_ONCE
        delivery = Delivery(
            message=message.id,
            account=message.account,
            recipient=message.recipient,
            route=self.way.route,
            segments=len(self.description.segments.parts),
            charged=charged,
            accepted_at=accepted_at,
            priority=message.priority,
            status=status,
            due_at=due_at,
            fall_back_at=None if due_at else patience_ends(self.way.route, since=accepted_at),
            expires_at=message.expires_at,
            sequence=1,
        )
        event = Event(
            message=message.id,
            account=message.account,
            sequence=1,
            kind=kind,
            at=accepted_at,
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
            **self.seen,
        }
        if self.message.medium is not Medium.SMS:
            reasons["medium"] = self.message.medium.value
        if segments.locking or segments.single:
            reasons["tables"] = _tables(segments)
        if self.description.replacements:
            reasons["replaced"] = _replaced(self.description.replacements)
        return reasons


def plan(
    message: OutboundMessage,
    *,
    account: Account,
    routes: Routes,
    topology: Topology,
    now: datetime,
    description: Description | None = None,
    linked: Collection[str] = (),
) -> Plan:
    """
    Decide about a message; spending is the account's own decision.

    ``description`` of the message's text under the account's options, if it is known already;
    ``linked`` names the channels to which the recipient's number is linked.

    Raises:
        InvalidRequest: nothing would be left of its text.
        RefusedByRule: a rule says so.
        MessageTooLong: it needs more parts than allowed, or than any of its channels can send.
        NotLinked: it can go by links only, and there is none.
        NoRoute: no channel may carry it.
    """
    if message.is_email and message.medium in _WITHOUT_A_WISH:
        message = replace(message, medium=Medium.EMAIL)
    if description is None:
        description = _describe(message, account.encoding)
    if not description.text and message.medium is not Medium.VOICE:
        raise InvalidRequest("the text is empty; a message needs at least one character")
    if message.not_before is not None and message.not_before <= now:
        message = replace(message, not_before=None)
    sent = _as_sent(message, description)
    route = routes.choose(sent, account=account.name, now=now) if routes.routes else None
    rule, way = choose_way(
        sent,
        description,
        route=route,
        account=account,
        topology=topology,
        linked=linked,
    )
    return Plan(
        message=sent,
        description=description,
        rule=rule,
        way=way,
        pace=route.pace if route is not None and rule else None,
        seen=_seen(routes, topology, linked),
        ignores_sender=message.sender is not None
        and not topology.offer(way.route[0].channel).sender_id,
    )


def describe_accepted(message: OutboundMessage) -> Description:
    """The text of a message that was accepted, which stays as it was, whatever is allowed now."""
    options = EncodingOptions(
        languages=message.languages,
        wide_reference=message.wide_reference,
        max_parts=MOST_PARTS,
    )
    return _describe(message, options)


def _describe(message: OutboundMessage, options: EncodingOptions) -> Description:
    """The text as its medium takes it."""
    if message.medium is Medium.EMAIL:
        return describe_email(message.text)
    return describe("" if message.medium is Medium.VOICE else message.text, options=options)


def _seen(routes: Routes, topology: Topology, linked: Collection[str]) -> Mapping[str, str | int]:
    """What a message's story has to tell, so that the decision can be made once more."""
    if not (topology.resting or topology.closed or linked):
        return routes.seen  # nearly always
    seen = {**routes.seen}
    for name, channels in (
        ("resting", topology.resting),
        ("closed", topology.closed),
        ("linked", linked),
    ):
        if channels:
            seen[name] = ", ".join(sorted(channels))
    return seen


def _as_sent(message: OutboundMessage, description: Description) -> OutboundMessage:
    """The message with the text that will go out, and what sending it has to know."""
    if message.medium is Medium.VOICE:
        return replace(message, text=clean_text(message.text))  # kept, though nobody hears it
    options = description.options
    if not (options.languages or options.wide_reference) and description.text == message.text:
        return message  # nearly always
    return replace(
        message,
        text=description.text,
        languages=options.languages,
        wide_reference=options.wide_reference,
    )


def _tables(segments: Segments) -> str:
    """The national tables that the text is written with."""
    tables = (("locking", segments.locking), ("single", segments.single))
    return ", ".join(f"{kind} {language}" for kind, language in tables if language)


def _replaced(replacements: Sequence[Replacement]) -> str:
    """Each kind of replacement once, with how often it was made."""
    counted = Counter((one.name, one.replacement) for one in replacements)
    return ", ".join(f"{name} by {new!r} ({times})" for (name, new), times in counted.items())
