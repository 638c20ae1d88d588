"""
How far we got with a message: the delivery, its status, and the one table of legal moves.

Every change is a named transition that returns a new value. Nothing moves backwards by itself; the
ways out of a final state are positive evidence (failed or expired, then reported delivered) and an
operator who has a failed message sent again.

Longer than most modules, so that the value and all of its moves are read in one place.
"""

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NewType, Self

import attrs
from msgspec import Struct
from msgspec.structs import replace

from smscore.domain.messages import AccountId, Medium, MessageId, Priority
from smscore.domain.policies import DEFAULT_POLICY, CustodyPolicy, DoubtPolicy
from smscore.domain.recipients import Recipient
from smscore.errors import IllegalMove

__all__ = [
    "MOVES",
    "Delivery",
    "DeliveryReport",
    "Leg",
    "Part",
    "PartState",
    "ProcessId",
    "ReportOutcome",
    "Status",
    "choose",
    "patience_ends",
]

ProcessId = NewType("ProcessId", int)
"""The number that a process leased from the store: owner of claims, part of every id it makes."""


class Status(enum.StrEnum):
    """The state of a delivery."""

    SCHEDULED = "scheduled"  # waits for its time: a wish of the customer or a retry
    QUEUED = "queued"  # may be claimed now
    SENDING = "sending"  # claimed by a channel's thread, or handed to a phone
    SENT = "sent"  # the network took all parts
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    INDETERMINATE = "indeterminate"  # it may have left: nobody knows

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected to happen."""
        return self in _FINAL


_FINAL = frozenset({Status.DELIVERED, Status.FAILED, Status.EXPIRED, Status.CANCELLED})
_UNSENT = frozenset({Status.SCHEDULED, Status.QUEUED, Status.SENDING})

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.SCHEDULED: frozenset(
        # Delivered: a phone that had it says so, and the next channel's try is still to come.
        {Status.QUEUED, Status.CANCELLED, Status.EXPIRED, Status.DELIVERED}
    ),
    Status.QUEUED: frozenset(
        # A phone may report a message that it was not handed (surfaces.md, B).
        {Status.SENDING, Status.CANCELLED, Status.EXPIRED, Status.DELIVERED, Status.FAILED}
    ),
    Status.SENDING: frozenset(
        {
            Status.QUEUED,
            Status.SCHEDULED,
            Status.SENT,
            Status.DELIVERED,
            Status.FAILED,
            Status.INDETERMINATE,
        }
    ),
    Status.SENT: frozenset({Status.DELIVERED, Status.FAILED}),
    Status.INDETERMINATE: frozenset(
        # Queued: an operator wants it sent again, whatever became of it.
        {Status.SENT, Status.DELIVERED, Status.FAILED, Status.QUEUED}
    ),
    Status.FAILED: frozenset({Status.DELIVERED, Status.QUEUED}),
    Status.EXPIRED: frozenset({Status.DELIVERED}),
    Status.DELIVERED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class PartState(enum.StrEnum):
    """What is known of one part on its way."""

    SUBMITTING = "submitting"  # about to leave, or gone: in doubt until the network answers
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class Part:
    """One part of a message on one channel; ``number`` counts from 1."""

    number: int
    channel: str
    state: PartState
    at: datetime  # when it was begun, then when the network took it; reports do not change it
    reference: str | None = None


class ReportOutcome(enum.StrEnum):
    """What a delivery report says of a part."""

    DELIVERED = "delivered"
    FAILED = "failed"
    PENDING = "pending"  # the network is still trying


@attrs.frozen(kw_only=True)
class DeliveryReport:
    """A network's word on one part that it took earlier."""

    channel: str
    reference: str
    recipient: Recipient
    outcome: ReportOutcome
    received_at: datetime
    detail: str = ""  # the network's own status, such as "0x46"
    submitted_at: datetime | None = None  # when the network took the part, by the network's clock


@attrs.frozen(kw_only=True)
class Leg:
    """
    One channel that may carry the message, and what all its parts cost there in credits.

    ``patience`` is for how many seconds the channel may keep others that could carry it waiting.
    """

    channel: str
    price: int
    medium: Medium = Medium.SMS
    parts: int | None = None  # None: as many as an SMS has
    patience: float | None = None  # None: without end


class Delivery(Struct, frozen=True, kw_only=True):
    """
    How far we got with one message.

    ``route`` begins with the leg in use; the ones behind it are tried when that one refuses.
    ``charged`` is what the customer has paid and not been given back, in credits.
    """

    message: MessageId
    account: AccountId
    recipient: Recipient
    route: tuple[Leg, ...]
    segments: int
    charged: int
    accepted_at: datetime
    status: Status = Status.QUEUED
    priority: Priority = Priority.NORMAL
    due_at: datetime | None = None  # set while SCHEDULED
    fall_back_at: datetime | None = None  # the next leg gets it then; None: never
    expires_at: datetime | None = None
    owner: ProcessId | None = None  # who holds it while SENDING; None for phones
    claimed_at: datetime | None = None  # when a phone was handed it that has not said more
    attempts: int = 0  # on the leg in use
    parts: tuple[Part, ...] = ()  # begun on the leg in use
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    error_code: str | None = None
    error: str | None = None
    sequence: int = 0  # of the newest event

    @property
    def channel(self) -> str:
        """The channel that has or will get the message."""
        return self.route[0].channel

    @property
    def price(self) -> int:
        """What the message costs on the leg in use, in credits."""
        return self.route[0].price

    @property
    def is_whole(self) -> bool:
        """Whether all parts of it are known on the leg in use."""
        return len(self.parts) >= (self.route[0].parts or self.segments)

    @property
    def can_fall_back(self) -> bool:
        """Whether the leg in use is a try: others stand in for it whatever became of it."""
        return self.route[0].medium is Medium.TELEGRAM and len(self.route) > 1

    @property
    def accepted_parts(self) -> tuple[int, ...]:
        """Numbers of the parts that the network has for certain."""
        return tuple(part.number for part in self.parts if part.state is not PartState.SUBMITTING)

    @property
    def is_in_doubt(self) -> bool:
        """Whether some part may or may not have left."""
        return any(part.state is PartState.SUBMITTING for part in self.parts)

    @property
    def refundable(self) -> int:
        """
        Credits to give back as things stand.

        All that was charged when it ended without a carrier having any part; else, when it ended or
        was sent as far as anybody knows, the difference to the dearest leg.
        """
        if self.status in (Status.SENT, Status.INDETERMINATE, Status.DELIVERED):
            return max(0, self.charged - self.price)
        if not self.status.is_final:
            return 0
        return max(0, self.charged - self.price) if self.accepted_parts else self.charged

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it waits, and no part of it has left: a fragment cannot be called back."""
        return not self.parts and self.may_become(Status.CANCELLED)

    @property
    def can_be_rerouted(self) -> bool:
        """Whether it waits for a channel, and not for a time that the customer has named."""
        is_retry = self.status is Status.SCHEDULED and self.error is not None
        return not self.parts and (is_retry or self.status is Status.QUEUED)

    # Transitions: the way there.

    def promoted(self, *, at: datetime) -> Self:
        """Its time has come."""
        fall_back_at = self.fall_back_at or patience_ends(self.route, since=at)
        return self._now(Status.QUEUED, due_at=None, fall_back_at=fall_back_at)

    def claimed(self, *, owner: ProcessId) -> Self:
        """A channel's thread took it under a lease."""
        return self._now(Status.SENDING, owner=owner, attempts=self.attempts + 1)

    def handed_out(self, *, at: datetime) -> Self:
        """A phone was given it, and has it until it says what became of it."""
        return self._now(Status.SENDING, claimed_at=at, attempts=self.attempts + 1)

    def requeued(self) -> Self:
        """The phone that was given it has not told: another one may have it, as a further try."""
        if self.claimed_at is None:
            raise IllegalMove(f"message {self.message:016x} is not claimed by a phone")
        return self._now(Status.QUEUED)

    def released(self) -> Self:
        """Whoever held it gives it back: it is up for claiming as if nothing had happened."""
        return self._now(Status.QUEUED, owner=None, attempts=max(0, self.attempts - 1))

    def postponed(self, *, until: datetime, error: str, is_counted: bool = True) -> Self:
        """Not sent this time; the same channel tries again later. Not every try counts as one."""
        return self._now(
            Status.SCHEDULED,
            owner=None,
            due_at=until,
            attempts=self.attempts if is_counted else max(0, self.attempts - 1),
            error=error,
        )

    def diverted(self, to: Leg) -> Self:
        """Its channel cannot send for now, and has not begun: another leg goes first."""
        if self.status is not Status.QUEUED or self.parts or to not in self.route[1:]:
            raise IllegalMove(f"message {self.message:016x} cannot go to {to.channel} instead")
        others = tuple(leg for leg in self.route[1:] if leg is not to)
        return replace(self, route=(to, *others, self.route[0]), attempts=0)

    def resent(self, *, at: datetime, route: tuple[Leg, ...], charged: int) -> Self:
        """
        An operator has it sent anew: a new attempt, of which nothing is known yet.

        What waits and has not begun to leave gets another way in the same manner.
        """
        return replace(
            self if self.can_be_rerouted else self._now(Status.QUEUED),
            status=Status.QUEUED,
            due_at=None,
            fall_back_at=patience_ends(route, since=at),
            route=route,
            charged=charged,
            owner=None,
            attempts=0,
            parts=(),
            sent_at=None,
            finished_at=None,
            error_code=None,
            error=None,
        )

    def refused(self, *, at: datetime, code: str, error: str) -> Self:
        """
        The channel will not carry it: the next leg gets it, or it failed.

        Once the network has any part, no other channel may send the message again, unless the one
        before it was a try.
        """
        if self.can_fall_back or (len(self.route) > 1 and not self.parts):
            return self.fallen_back(at=at, error=error)
        return self.failed(at=at, code=code, error=error)

    def fallen_back(self, *, at: datetime, error: str) -> Self:
        """
        The next leg gets it, and the one in use never again.

        Whatever becomes of the parts that were begun there, they are none of the next one's.
        """
        if self.status not in _UNSENT or len(self.route) < 2:
            raise IllegalMove(f"message {self.message:016x} has nowhere to go from {self.channel}")
        following = self.route[1:]
        return replace(
            self,
            status=Status.QUEUED,
            route=following,
            due_at=None,
            claimed_at=None,
            fall_back_at=patience_ends(following, since=at),
            owner=None,
            attempts=0,
            parts=(),
            error=error,
        )

    def sent(self, *, at: datetime, references: tuple[str | None, ...] = ()) -> Self:
        """
        The network took all parts; ``references`` complete what the journal already knows.

        Reports may have been faster than the receipt: :meth:`settled` tells.
        """
        known = {part.number: part for part in self.parts}
        for number, reference in enumerate(references, start=1):
            if number not in known or known[number].state is PartState.SUBMITTING:
                known[number] = Part(
                    number=number,
                    channel=self.channel,
                    state=PartState.ACCEPTED,
                    reference=reference,
                    at=at,
                )
        return self._now(
            Status.SENT,
            owner=None,
            parts=tuple(known[number] for number in sorted(known)),
            sent_at=at,
            error_code=None,
            error=None,
        )

    def recovered(
        self,
        *,
        at: datetime,
        policy: CustodyPolicy = DEFAULT_POLICY,
    ) -> Self:
        """
        Whoever held it is gone: decide from the parts' marks alone.

        Nothing begun, or a gap between accepted parts: up for claiming, to go on where it stopped.
        All accepted: sent. A part in doubt: as the channel's policy has it.
        """
        if self.is_in_doubt:
            return self.in_doubt(
                at=at,
                error="the process ended while a part was being handed over",
                policy=policy,
            )
        return self.sent(at=at) if self.is_whole else self.released()

    def in_doubt(
        self,
        *,
        at: datetime,
        error: str,
        policy: CustodyPolicy = DEFAULT_POLICY,
    ) -> Self:
        """
        It may have left; nobody sends it again unless it was a try or the channel's policy says so.

        Even then only as often as anything is tried: a modem that never answers must not send the
        same text for ever. Nothing is in doubt any more if the network's word came meanwhile.
        """
        if self.is_whole and not self.is_in_doubt:
            return self.sent(at=at)
        if self.can_fall_back:
            return self.fallen_back(at=at, error=error)
        if policy.in_doubt is DoubtPolicy.FAIL:
            return self.failed(at=at, code="in_doubt", error=error)
        resends = policy.in_doubt is DoubtPolicy.RESEND
        if resends and self.attempts < policy.retry.max_attempts:
            return self.without_doubt()._now(Status.QUEUED, owner=None, error=error)
        return self._now(
            Status.INDETERMINATE,
            owner=None,
            error_code="indeterminate",
            error=error,
        )

    # Transitions: the end.

    def delivered(self, *, at: datetime) -> Self:
        """The recipient has all of it."""
        return self._now(
            Status.DELIVERED,
            owner=None,
            due_at=None,
            sent_at=self.sent_at or at,
            finished_at=at,
            error_code=None,
            error=None,
        )

    def failed(self, *, at: datetime, code: str, error: str) -> Self:
        """It will not arrive."""
        return self._now(Status.FAILED, owner=None, finished_at=at, error_code=code, error=error)

    def delivered_by(self, leg: Leg, *, at: datetime) -> Self:
        """
        A channel that it was taken from has delivered it after all.

        What no other one has begun since is not sent any more, and costs what it costs there.
        """
        is_only_there = self.status in _UNSENT and not self.parts
        begun = replace(self, route=(leg, *self.route)) if is_only_there else self
        return begun.delivered(at=at)

    def expired(self, *, at: datetime) -> Self:
        """Its time ran out before it was sent or delivered."""
        return self._now(
            Status.EXPIRED,
            owner=None,
            due_at=None,
            finished_at=at,
            error_code="expired",
            error="the validity period ended",
        )

    def cancelled(self, *, at: datetime) -> Self:
        """The customer called it back in time."""
        return self._now(
            Status.CANCELLED,
            due_at=None,
            finished_at=at,
            error_code="cancelled",
            error="cancelled by the sender",
        )

    def withheld(self, *, at: datetime, code: str, error: str) -> Self:
        """It waited, and its recipient must not be written to any more."""
        return self._now(
            Status.CANCELLED, due_at=None, finished_at=at, error_code=code, error=error
        )

    # Evidence.

    def with_part(self, part: Part) -> Self:
        """The journal's word on one part; what the network said of it before stands."""
        if part.number in self.accepted_parts:
            return self
        others = tuple(known for known in self.parts if known.number != part.number)
        known = replace(self, parts=tuple(sorted((*others, part), key=lambda one: one.number)))
        if known.fall_back_at is None or known.is_in_doubt or not known.is_whole:
            return known
        return replace(known, fall_back_at=None)  # the network has it: nobody else needs to

    def without_doubt(self) -> Self:
        """What was about to leave did certainly not."""
        certain = tuple([part for part in self.parts if part.state is not PartState.SUBMITTING])
        return self if len(certain) == len(self.parts) else replace(self, parts=certain)

    def without_part(self, number: int) -> Self:
        """The part did not leave after all."""
        return replace(self, parts=tuple(part for part in self.parts if part.number != number))

    def reported(self, report: DeliveryReport) -> Self:
        """
        Fold one report in.

        Delivered when the last part has reported, failed when any part definitively failed. A
        report on a finished delivery changes nothing, except that a complete set of positive ones
        turns failed or expired into delivered. Order and repetition do not matter.
        """
        state = _STATE_OF.get(report.outcome)
        if state is None or self.status is Status.DELIVERED:
            return self
        meant = self.part_of(report)
        if meant is None or meant.state in (PartState.DELIVERED, state):
            return self.settled(at=report.received_at, detail=report.detail)
        parts = tuple(
            [attrs.evolve(part, state=state) if part is meant else part for part in self.parts]
        )
        return replace(self, parts=parts).settled(at=report.received_at, detail=report.detail)

    def part_of(self, report: DeliveryReport) -> Part | None:
        """
        The one part that a report is about.

        A modem whose count begins again may have given one reference to two parts: then the one
        taken nearest to the report's time is meant, and of those that tie the first without word.
        """
        parts = [
            part
            for part in self.parts
            if part.reference == report.reference and part.channel == report.channel
        ]
        return min(parts, key=lambda part: _distance(part, report), default=None)

    def settled(self, *, at: datetime, detail: str = "") -> Self:
        """What the parts' states amount to, once the channel is done with the message."""
        if self.status is Status.SENDING:
            return self  # the receipt is still to come
        states = {part.state for part in self.parts}
        is_whole = self.is_whole and PartState.SUBMITTING not in states
        if is_whole and states == {PartState.DELIVERED} and self.may_become(Status.DELIVERED):
            return self.delivered(at=at)
        if PartState.FAILED in states and self.status in (Status.SENT, Status.INDETERMINATE):
            return self.failed(
                at=at, code="undeliverable", error=f"the network reported failure {detail}".strip()
            )
        if self.status is Status.INDETERMINATE and is_whole:
            return self._now(Status.SENT, sent_at=self.sent_at or at)
        return self

    def may_become(self, status: Status) -> bool:
        """Whether the table of moves has this one."""
        return status in MOVES[self.status]

    def _now(self, status: Status, **changes: Any) -> Self:
        if not self.may_become(status):
            raise IllegalMove(
                f"message {self.message:016x} is {self.status} and cannot become {status}"
            )
        if self.fall_back_at is not None and status not in _UNSENT:
            changes["fall_back_at"] = None
        if self.claimed_at is not None:
            changes["claimed_at"] = None  # whoever had it has told, or is not waited for
        return replace(self, status=status, **changes)


def patience_ends(route: Sequence[Leg], *, since: datetime) -> datetime | None:
    """When the next leg gets what has been up for the first one since then; None: never."""
    if len(route) < 2 or route[0].patience is None:
        return None
    return since + timedelta(seconds=route[0].patience)


def choose(candidates: Sequence[Delivery], report: DeliveryReport) -> Delivery | None:
    """
    Whose part a report is about, among deliveries of its channel, reference and recipient.

    Networks use their references again. The part taken nearest to the moment at which the network
    says it took it is meant, if its clock can be believed; else the one taken last, which comes
    first. One taken at quite another time is never meant: the report may be faster than the
    reference of its own.
    """
    parts = [(one, part) for one in candidates if (part := one.part_of(report)) is not None]
    submitted_at = report.submitted_at
    if submitted_at is not None:
        parts = [(one, part) for one, part in parts if abs(part.at - submitted_at) <= _POSSIBLE]
        near = [(one, part) for one, part in parts if abs(part.at - submitted_at) <= _BELIEVABLE]
        if near:
            return min(near, key=lambda pair: _distance(pair[1], report))[0]
    return parts[0][0] if parts else None


def _distance(part: Part, report: DeliveryReport) -> tuple[timedelta, bool, timedelta]:
    """How far a part is from what a report says, for comparing: less is nearer."""
    has_word = part.state in _STATE_OF.values()
    if report.submitted_at is None:
        return timedelta(0), has_word, timedelta(0)
    away = abs(part.at - report.submitted_at)
    return away // _STEP * _STEP, has_word, away


_BELIEVABLE = timedelta(minutes=10)
"""Clocks of service centres are wrong by whole zones, if they are wrong."""
_POSSIBLE = timedelta(hours=15)
"""And no zone is farther from another that somebody could have meant."""
_STEP = timedelta(seconds=2)
"""Time stamps of networks are whole seconds."""

_STATE_OF = {
    ReportOutcome.DELIVERED: PartState.DELIVERED,
    ReportOutcome.FAILED: PartState.FAILED,
}
