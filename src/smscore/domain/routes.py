"""
Outbound rules: the first one whose condition holds says how a message goes, or why it may not.
"""

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.conditions import Condition, Facts, asked, sender_form
from smscore.domain.inbound_rules import InboundRule
from smscore.domain.matching import FindAll, Matching, NearMiss, find_nothing
from smscore.domain.messages import OutboundMessage
from smscore.domain.recipients import number_in
from smscore.errors import InvalidRequest

__all__ = [
    "CLOCKS_DIFFER",
    "Choice",
    "Revision",
    "Route",
    "Routes",
    "check_names",
    "facts_of",
    "next_turn",
]

_ONLY_PREFIXES = frozenset({"prefixes"})
_FEW = 8
"""Rules about prefixes that are looked through sooner than facts are gathered."""

_LONGEST_NAME = 100
CLOCKS_DIFFER = timedelta(minutes=10)
"""What was accepted later than that from now was accepted by a clock that was ahead."""
_UNKNOWN = frozenset({"kinds"})  # what conditions ask of inbound messages only


class Choice(enum.StrEnum):
    """Who of a group is the first to be tried."""

    STICKY = "sticky"  # a recipient keeps to one of them, so that replies find their way
    WEIGHTED = "weighted"  # drawn anew for each message


@attrs.frozen(kw_only=True)
class Route(Condition):
    """
    One rule: messages for which its condition holds go to these channels, in order, or are refused.

    ``channels`` may name channels, groups and ``phones``. In a group, ``weights`` say how much of
    the traffic each channel gets, if not in proportion to what it can send in a day; one that they
    do not name weighs 1.
    """

    name: str
    channels: tuple[str, ...] = ()
    refuse: str | None = None  # the reason; None: it goes to the channels
    choice: Choice = Choice.STICKY
    weights: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    price: int | None = None  # credits a segment, or a call; None: what each channel costs
    pace: int | None = None  # messages a minute, the others wait; None: as fast as channels are

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not self.name:
            raise InvalidRequest("a rule needs a name")
        if unknown := sorted(asked(self) & _UNKNOWN):
            raise InvalidRequest(
                f"rule {self.name!r} asks for {unknown[0]}: it is for what arrives"
            )
        self._check_action()

    def _check_action(self) -> None:
        goes = bool(self.channels)
        if self.refuse is None and not goes:
            raise InvalidRequest(f"rule {self.name!r} names no channels, nor why to refuse")
        if self.refuse == "":
            raise InvalidRequest(f"rule {self.name!r} refuses without a reason; say one")
        costs = self.price is not None or self.pace is not None
        is_plain = self.choice is Choice.STICKY and not self.weights and not costs
        if self.refuse is not None and (goes or not is_plain):
            raise InvalidRequest(f"rule {self.name!r} refuses: leave out how it would go")
        if self.price is not None and self.price < 0:
            raise InvalidRequest(f"rule {self.name!r} has the price {self.price}; 0 is the least")
        if self.pace is not None and self.pace < 1:
            raise InvalidRequest(f"rule {self.name!r} has the pace {self.pace}; 1 is the least")
        for name, weight in self.weights.items():
            if weight < 1:
                raise InvalidRequest(f"rule {self.name!r} gives {name!r} {weight}; 1 is the least")


@attrs.frozen(kw_only=True)
class Revision:
    """All rules as they were from one change to the next; number 0 is before there were any."""

    number: int
    at: datetime
    why: str = ""
    routes: tuple[Route, ...] = ()
    inbound: tuple[InboundRule, ...] = ()

    @property
    def count(self) -> int:
        """How many rules there are."""
        return len(self.routes) + len(self.inbound)

    def has_same_rules(self, other: "Revision") -> bool:
        """Whether both say the same, whenever and why."""
        return (self.routes, self.inbound) == (other.routes, other.inbound)


class Routes:
    """
    Rules in their order, compiled.

    Raises:
        InvalidRequest: a pattern is not understood.
    """

    def __init__(
        self,
        routes: Sequence[Route] = (),
        *,
        revision: int = 0,
        find_all: FindAll = find_nothing,
    ) -> None:
        self.routes = tuple(routes)
        self.seen: Mapping[str, str | int] = {"revision": revision} if revision else {}
        is_plain = all(asked(one) <= _ONLY_PREFIXES for one in routes)
        self._is_short = is_plain and len(self.routes) <= _FEW
        self._matching = Matching(self.routes, find_all=find_all)

    def choose(self, message: OutboundMessage, *, account: str, now: datetime) -> Route | None:
        """The first rule that is for a message of this account; None: there is none."""
        if self._is_short:
            recipient = number_in(message.recipient)
            for route in self.routes:
                if not route.prefixes or recipient.startswith(route.prefixes):
                    return route
            return None
        place = self._matching.first(facts_of(message, account=account, now=now))
        return None if place is None else self.routes[place]

    def near_misses(self, facts: Facts, *, limit: int = 5) -> Sequence[NearMiss]:
        """
        Rules that come before the one that matched, and for which one thing was wanting.

        Those of which the most held come first.
        """
        before = self._matching.first(facts)
        near = self._matching.near_misses(facts, before=before, limit=limit)
        routes = self.routes
        return [
            NearMiss(rule=routes[place].name, condition=routes[place], failed=failed)
            for place, failed in near
        ]


def facts_of(message: OutboundMessage, *, account: str, now: datetime) -> Facts:
    """
    What rules see of a message that goes out, as it will be sent.

    Its time is when it may leave: that of its customer's wish, if it lies ahead.
    """
    begins, sender = message.not_before, message.sender
    return Facts(
        at=now if begins is None or begins < now else begins,
        text=message.text,
        sender="" if sender is None else sender_form(sender.value),
        recipient=number_in(message.recipient),
        account=account,
        surface=message.surface,
        priority=message.priority,
    )


def next_turn(following: datetime, *, taken_at: datetime, now: datetime) -> datetime:
    """
    When the next message of a rule with a pace may leave: at once, or when those before it have.

    ``taken_at`` is when these were accepted. If that is still to come the clock was ahead then, and
    would be waited for; hosts differ by less.
    """
    return now if taken_at - now > CLOCKS_DIFFER else max(now, following)


def check_names(rules: Sequence[Route] | Sequence[InboundRule]) -> None:
    """
    Let rules of one direction pass that can be told apart, and shown on a line.

    Raises:
        InvalidRequest: two have one name; a name is too long, or has what nobody can see.
    """
    names: set[str] = set()
    for rule in rules:
        if len(rule.name) > _LONGEST_NAME or not rule.name.isprintable():
            raise InvalidRequest(
                f"a rule cannot be called {rule.name[:_LONGEST_NAME]!r}; "
                f"use at most {_LONGEST_NAME} characters, all of them printable"
            )
        if rule.name in names:
            raise InvalidRequest(f"two rules are called {rule.name!r}")
        names.add(rule.name)
