"""
Rules tried out: on a message that nobody sent, and on those that were accepted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from smscore.domain.accounts import Account
from smscore.domain.events import Event
from smscore.domain.matching import NearMiss
from smscore.domain.messages import (
    AccountId,
    Medium,
    MessageId,
    OutboundMessage,
    Priority,
    Surface,
)
from smscore.domain.numbers import SenderId
from smscore.domain.planning import Plan, describe_accepted, plan
from smscore.domain.recipients import parse_recipient
from smscore.domain.routes import Revision, Route, Routes, facts_of
from smscore.errors import Rejected
from smscore.ids import first_of
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, Tracked, View
from smscore.services._consent import Objections
from smscore.services._openings import Openings
from smscore.services._rules import RulesInForce
from smscore.services._settings import Settings

__all__ = ["Decision", "Replayed", "Trials", "Verdict"]

_PAGE = 500


@attrs.frozen(kw_only=True)
class Verdict:
    """What would become of a message, and which rules it nearly met."""

    plan: Plan | None = None
    refusal: Rejected | None = None  # None: there is a plan
    near_misses: Sequence[NearMiss] = ()


@attrs.frozen(kw_only=True)
class Decision:
    """What was decided of a message, or would be."""

    rule: str = ""
    channels: str = ""
    credits: int = 0
    refusal: str | None = None


@attrs.frozen(kw_only=True)
class Replayed:
    """A message that was accepted, decided once more; None: its story is not whole any more."""

    message: MessageId
    account: AccountId
    at: datetime
    was: Decision | None
    would_be: Decision | None

    @property
    def is_different(self) -> bool:
        """Whether it would be decided otherwise."""
        return self.was != self.would_be


class Trials:
    """Questions about rules; they change nothing. Any thread may call."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        openings: Openings,
        settings: Settings,
        in_force: RulesInForce,
        objections: Objections,
    ) -> None:
        self._store = store
        self._clock = clock
        self._openings = openings
        self._settings = settings
        self._in_force = in_force
        self._objections = objections

    def consider(
        self,
        *,
        account: str,
        to: str,
        text: str,
        sender: str | None = None,
        surface: Surface = Surface.COMMAND,
        priority: Priority = Priority.NORMAL,
        medium: Medium = Medium.SMS,
        at: datetime | None = None,
        routes: Sequence[Route] | None = None,
    ) -> Verdict:
        """
        Decide about a message as submitting it would, with these rules or those in force.

        ``at`` is when it would be submitted; None: now. What is drawn for each message may be
        drawn otherwise for the next one.

        Raises:
            NotFound: there is no such account.
            InvalidNumber, InvalidRequest: the recipient or the sender is not shaped like one.
        """
        now = at or self._clock.now()
        owner = self._settings.account(account)
        message = OutboundMessage(
            id=first_of(now),
            account=owner.id,
            recipient=parse_recipient(to, home=owner.home_country),
            recipient_as_given=to,
            text=text,
            surface=surface,
            accepted_at=now,
            sender=SenderId.parse(sender) if sender else owner.default_sender,
            priority=priority,
            medium=medium,
        )
        linked = self._store.read(
            lambda view: [link.channel for link in view.links.of(message.recipient)]
        )
        rules = self._compiled(routes)
        try:
            found = plan(
                message,
                account=owner,
                routes=rules,
                topology=self._openings.topology(priority, now=now),
                now=now,
                linked=linked if medium.goes_by_links else (),
            )
            self._store.read(lambda view: self._objections.check(view, found.message))
        except Rejected as refusal:
            misses = rules.near_misses(facts_of(message, account=owner.name, now=now))
            return Verdict(refusal=refusal, near_misses=misses)
        misses = rules.near_misses(facts_of(found.message, account=owner.name, now=now))
        return Verdict(plan=found, near_misses=misses)

    def near_misses(self, tracked: Tracked, events: Sequence[Event]) -> Sequence[NearMiss]:
        """The rules of then that a message nearly met when it was accepted."""
        decided = events[0].detail if events else {}
        revision = decided.get("revision")
        if not isinstance(revision, int) or not decided.get("rule"):
            return ()  # there were none, or it went by links alone
        rules = self._in_force.compiled(
            self._store.read(lambda view: view.routing.get(revision))
        ).routes
        account = self._settings.account(tracked.message.account).name
        return rules.near_misses(facts_of(tracked.message, account=account, now=events[0].at))

    def replay(
        self, *, since: datetime, routes: Sequence[Route] | None = None
    ) -> Iterator[Replayed]:
        """
        Decide once more about all messages that were accepted since then, the newest first.

        With these rules, or those in force; with the channels that could be chosen at the time and
        are configured now, and the links and prices of channels as they are.
        """
        rules = self._compiled(routes)
        before: MessageId | None = None
        while page := self._store.read(self._page(before)):
            for tracked, first in page:
                if tracked.message.accepted_at < since:
                    return
                yield self._replayed(tracked, first, rules)
            before = page[-1][0].message.id

    def _compiled(self, routes: Sequence[Route] | None) -> Routes:
        if routes is None:
            return self._in_force.routes()
        proposed = Revision(number=0, at=self._clock.now(), routes=tuple(routes))
        return self._in_force.compiled(proposed).routes

    def _page(
        self, before: MessageId | None
    ) -> Callable[[View], Sequence[tuple[Tracked, Event | None]]]:
        def look(view: View) -> Sequence[tuple[Tracked, Event | None]]:
            found = view.outbox.find(before=before, limit=_PAGE)
            return [(one, next(iter(view.events.of(one.message.id)), None)) for one in found]

        return look

    def _replayed(self, tracked: Tracked, first: Event | None, rules: Routes) -> Replayed:
        message = tracked.message
        was = _decision_of(first)
        return Replayed(
            message=message.id,
            account=message.account,
            at=message.accepted_at,
            was=was,
            would_be=self._decide(message, first, rules, was=was) if was and first else None,
        )

    def _decide(
        self, message: OutboundMessage, first: Event, rules: Routes, *, was: Decision
    ) -> Decision:
        if message.surface is Surface.CONSENT:
            return was  # what answers a word goes back as that came, whatever the rules say
        account: Account = self._settings.account(message.account)
        seen = first.detail
        try:
            found = plan(
                message,
                account=account,
                routes=rules,
                topology=self._openings.topology_of(
                    closed=_names(seen, "closed"), resting=_names(seen, "resting")
                ),
                now=first.at,
                description=describe_accepted(message),
                linked=_names(seen, "linked"),
            )
        except Rejected as refusal:
            return Decision(refusal=str(refusal))
        return Decision(rule=found.rule, channels=found.way.channels, credits=found.charge)


def _decision_of(first: Event | None) -> Decision | None:
    detail = first.detail if first else {}
    rule, channels, credits = (detail.get(key) for key in ("rule", "channels", "credits"))
    if not (isinstance(rule, str) and isinstance(channels, str) and isinstance(credits, int)):
        return None
    return Decision(rule=rule, channels=channels, credits=credits)


def _names(seen: Mapping[str, str | int | None], key: str) -> frozenset[str]:
    return frozenset(str(seen[key]).split(", ")) if seen.get(key) else frozenset()
