"""
Inbound rules tried out: on a message that nobody wrote, and on those that arrived.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import count

import attrs

from smscore.domain.accounts import Account
from smscore.domain.conditions import Facts
from smscore.domain.destinations import Destination
from smscore.domain.events import Event
from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.inbound_rules import (
    InboundRule,
    InboundRules,
    Matched,
    Replacing,
    facts_of_inbound,
)
from smscore.domain.keywords import HEEDED
from smscore.domain.matching import NearMiss
from smscore.domain.messages import MessageId, Priority
from smscore.domain.routes import Revision, Route
from smscore.errors import NotFound
from smscore.ids import first_of
from smscore.ports.clock import Clock
from smscore.ports.policy import Screen
from smscore.ports.storage import Store, View
from smscore.services._addressees import Arrival
from smscore.services._consent import Objections
from smscore.services._forwarding import Forwarding, Outcome
from smscore.services._openings import Openings
from smscore.services._rules import Compiled, RulesInForce

__all__ = ["Applied", "InboundTrials", "InboundVerdict", "ReplayedInbound"]

_PAGE = 500


@attrs.frozen(kw_only=True)
class InboundVerdict:
    """What would become of a message, rule by rule, and which rules it nearly met."""

    matched: Sequence[tuple[Matched, Sequence[Outcome]]] = ()
    near_misses: Sequence[NearMiss] = ()


@attrs.frozen(kw_only=True)
class Applied:
    """A rule that was applied to a message, or would be, and what it says."""

    rule: str
    destinations: tuple[Destination, ...] = ()
    replace: Replacing | None = None
    account: str | None = None

    @classmethod
    def of(cls, rule: InboundRule) -> "Applied":
        """What a rule does to each message that it matches."""
        return cls(
            rule=rule.name,
            destinations=rule.destinations,
            replace=rule.replace,
            account=rule.account,
        )


@attrs.frozen(kw_only=True)
class ReplayedInbound:
    """A message that arrived, judged once more; None: its story is not whole any more."""

    message: InboundMessage
    was: tuple[Applied, ...] | None
    would_be: tuple[Applied, ...] | None

    @property
    def is_different(self) -> bool:
        """Whether something else would be done."""
        return self.was != self.would_be


class InboundTrials:
    """Questions about inbound rules; they change nothing. Any thread may call."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        openings: Openings,
        in_force: RulesInForce,
        objections: Objections,
        screens: Sequence[Screen] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._openings = openings
        self._in_force = in_force
        self._objections = objections
        self._screens = screens

    def consider(
        self,
        *,
        sender: str,
        text: str,
        kind: InboundKind = InboundKind.SMS,
        account: str | None = None,
        channel: str = "",
        at: datetime | None = None,
        routes: Sequence[Route] | None = None,
        inbound: Sequence[InboundRule] | None = None,
    ) -> InboundVerdict:
        """
        Judge a message as if it arrived, by these rules or those in force; credits are not asked.

        It belongs to ``account``, or to nobody. ``at`` is when it would arrive; None: now.

        Raises:
            NotFound: there is no such account.
        """
        now = at or self._clock.now()
        compiled = self._compiled(routes or (), inbound)

        def look(view: View) -> InboundVerdict:
            owner = None if account is None else _account(view, account)
            message = InboundMessage(
                id=first_of(now),
                account=None if owner is None else owner.id,
                channel=channel,
                sender=sender,
                text=text,
                received_at=now,
                kind=kind,
            )
            return self._judge(view, Arrival.of(view, message, now=now), compiled)

        return self._store.read(look)

    def near_misses(self, message: InboundMessage, events: Sequence[Event]) -> Sequence[NearMiss]:
        """The rules of then that a message nearly met when it arrived."""
        rules = self._rules_of(events)
        if rules is None:
            return ()
        return rules.near_misses(self._store.read(lambda view: _facts(view, message)))

    def replay(
        self, *, since: datetime, inbound: Sequence[InboundRule] | None = None
    ) -> Iterator[ReplayedInbound]:
        """Judge all messages once more that arrived since then, the newest first."""
        compiled = self._compiled((), inbound)
        known: dict[int, InboundRules] = {}
        first = first_of(since)  # one with gaps came earlier than it was published
        before: MessageId | None = None
        while page := self._store.read(_page(before)):
            for message, facts, events in page:
                if message.id < first:
                    return
                yield ReplayedInbound(
                    message=message,
                    was=self._was(events, known),
                    would_be=_would_be(compiled.inbound, facts, events),
                )
            before = page[-1][0].id

    def _compiled(self, routes: Sequence[Route], inbound: Sequence[InboundRule] | None) -> Compiled:
        if inbound is None:
            return self._in_force.now()
        now = self._clock.now()
        proposed = Revision(number=0, at=now, routes=tuple(routes), inbound=tuple(inbound))
        return self._in_force.compiled(proposed)

    def _judge(self, view: View, arrival: Arrival, compiled: Compiled) -> InboundVerdict:
        facts = _facts(view, arrival.message)
        forwarding = Forwarding(
            routes=compiled.routes,
            topology=self._openings.topology(Priority.NORMAL, now=arrival.message.received_at),
            objections=self._objections,
            screens=self._screens,
            now=arrival.message.received_at,
        )
        ids = map(MessageId, count(arrival.message.id + 1))
        return InboundVerdict(
            matched=[
                (one, list(forwarding.outcomes(view, arrival, one, ids=ids)))
                for one in compiled.inbound.matching(facts)
            ],
            near_misses=compiled.inbound.near_misses(facts),
        )

    def _was(
        self, events: Sequence[Event], known: dict[int, InboundRules]
    ) -> tuple[Applied, ...] | None:
        """What its story tells, in the words of the rules of then."""
        if not events:
            return None
        revision = events[0].detail.get("revision")
        if isinstance(revision, int) and revision not in known and (of := self._rules_of(events)):
            known[revision] = of
        rules = known[revision].rules if isinstance(revision, int) and revision in known else ()
        by_name = {rule.name: rule for rule in rules}
        names = [str(one.detail["rule"]) for one in events if one.kind == "rule.matched"]
        return tuple(
            Applied.of(by_name[name]) if name in by_name else Applied(rule=name) for name in names
        )

    def _rules_of(self, events: Sequence[Event]) -> InboundRules | None:
        revision = events[0].detail.get("revision") if events else None
        if not isinstance(revision, int):
            return None
        found = self._store.read(lambda view: view.routing.get(revision))
        return self._in_force.compiled(found).inbound


_Seen = tuple[InboundMessage, Facts, Sequence[Event]]


def _page(before: MessageId | None) -> Callable[[View], Sequence[_Seen]]:
    def look(view: View) -> Sequence[_Seen]:
        found = view.inbox.find(before=before, limit=_PAGE)
        return [(one, _facts(view, one), view.events.of(one.id)) for one in found]

    return look


def _facts(view: View, message: InboundMessage) -> Facts:
    owner = None if message.account is None else view.accounts.get(message.account)
    return facts_of_inbound(
        message,
        account="" if owner is None else owner.name,
        home=None if owner is None else owner.home_country,
    )


def _would_be(
    rules: InboundRules, facts: Facts, events: Sequence[Event]
) -> tuple[Applied, ...] | None:
    if not events:
        return None
    if any(event.kind in HEEDED.values() for event in events):
        return ()
    return tuple(Applied.of(one.rule) for one in rules.matching(facts))


def _account(view: View, name: str) -> Account:
    found = view.accounts.named(name)
    if found is None:
        raise NotFound(f"there is no account {name!r}; 'smscore account list' shows all")
    return found
