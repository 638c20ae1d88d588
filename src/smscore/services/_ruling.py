"""
The inbound rules at work: what they say is done in the unit of work that keeps the message.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from smscore.domain.destinations import AutoReply, Forward, HttpCall, IsmsPush
from smscore.domain.events import Event
from smscore.domain.inbound_rules import InboundRules, facts_of_inbound
from smscore.domain.messages import MessageId
from smscore.domain.pushes import push_of
from smscore.domain.webhooks import PostingId
from smscore.errors import GatewayError, Rejected
from smscore.ports.storage import UnitOfWork
from smscore.services._acceptance import accept
from smscore.services._addressees import Arrival
from smscore.services._forwarding import Forwarding, Outcome

__all__ = ["Ruling", "TooFewIds"]

_FEW = 16
"""Messages that are nearly always enough."""


class TooFewIds(GatewayError):
    """More messages are to be made than there are ids; the unit can run again with more."""


@attrs.frozen(kw_only=True)
class Ruling:
    """
    What is known before the unit of work begins, so that it can run again.

    ``fault`` is why the rules could not be asked.
    """

    rules: InboundRules
    forwarding: Forwarding
    fault: str = ""

    @property
    def likely(self) -> int:
        """How many ids are likely to be enough."""
        return _FEW if self.rules.rules else 0

    def seen(self, arrival: Arrival) -> dict[str, str | int]:
        """What is decided by, where it may be otherwise next time."""
        seen: dict[str, str | int] = {}
        if self.rules.rules:
            seen["revision"] = self.rules.revision
        if arrival.hops:
            seen["hops"] = arrival.hops
        return seen

    def carry_out(self, work: UnitOfWork, arrival: Arrival, *, ids: Sequence[MessageId]) -> None:
        """
        Do what the rules say, and tell it in the message's story, which has one event so far.

        Raises:
            TooFewIds: nothing is to be kept.
        """
        story = _Story(work, arrival, at=self.forwarding.now)
        if self.fault:
            story.tell("rule.refused", error=self.fault)
        account = arrival.owner
        facts = facts_of_inbound(
            arrival.message,
            account="" if account is None else account.name,
            home=None if account is None else account.home_country,
        )
        left = _each(ids)
        for matched in self.rules.matching(facts):
            story.tell("rule.matched", rule=matched.rule.name)
            for outcome in self.forwarding.outcomes(work, arrival, matched, ids=left):
                self._do(work, outcome, story, ids=left)

    def _do(
        self, work: UnitOfWork, outcome: Outcome, story: "_Story", *, ids: Iterator[MessageId]
    ) -> None:
        if isinstance(outcome.destination, HttpCall | IsmsPush):
            number = PostingId(next(ids))
            sequence = story.tell("rule.called", **_place(outcome), push=f"push_{number:016x}")
            push = push_of(
                outcome.destination,
                story.message,
                text=outcome.text,
                zone=outcome.zone,
                posting=number,
                sequence=sequence,
                at=self.forwarding.now,
            )
            work.webhooks.push(push)
        elif outcome.refusal is not None:
            story.refuse(outcome, outcome.refusal)
        elif (planned := outcome.plan) is not None:
            message = planned.message
            try:
                accept(work, [(0, planned)], account=message.account, now=self.forwarding.now)
            except Rejected as refusal:
                story.refuse(outcome, refusal)
            else:
                made = {"message": f"{message.id:016x}"}
                story.tell(_DONE[type(outcome.destination)], **_place(outcome), **made)


_DONE = {Forward: "rule.forwarded", AutoReply: "rule.answered"}


class _Story:
    """The events of a message that arrived."""

    def __init__(self, work: UnitOfWork, arrival: Arrival, *, at: datetime) -> None:
        self._work = work
        self._at = at
        self.message = arrival.message
        self._sequence = 1  # it was received

    def tell(self, kind: str, **detail: str) -> int:
        """Add an event, and say its number."""
        self._sequence += 1
        self._work.events.add(
            Event(
                message=self.message.id,
                account=self.message.account,
                sequence=self._sequence,
                kind=kind,
                at=self._at,
                detail=detail,
            )
        )
        return self._sequence

    def refuse(self, outcome: Outcome, refusal: Rejected) -> None:
        self.tell("rule.refused", **_place(outcome), code=refusal.code, error=str(refusal))


def _place(outcome: Outcome) -> dict[str, str]:
    place = {"rule": outcome.rule, "to": outcome.destination.label}
    if outcome.contact is not None and outcome.is_one_of_many:
        place["member"] = f"contact {outcome.contact}"
    return place


def _each(ids: Sequence[MessageId]) -> Iterator[MessageId]:
    yield from ids
    raise TooFewIds(f"{len(ids)} ids are not enough")
