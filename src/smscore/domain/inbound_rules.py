"""
Inbound rules: who is told of a message that arrives, and in which words.
"""

from collections.abc import Callable, Iterator, Sequence

import attrs

from smscore.domain.conditions import Condition, Facts, asked, sender_form
from smscore.domain.destinations import Destination
from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.matching import FindAll, Matching, NearMiss, find_nothing
from smscore.errors import InvalidRequest

__all__ = [
    "FOR_PEOPLE",
    "InboundRule",
    "InboundRules",
    "Matched",
    "Replace",
    "ReplaceWith",
    "Replacing",
    "facts_of_inbound",
    "replace_nothing",
]

FOR_PEOPLE = (
    InboundKind.SMS,
    InboundKind.REPLACEMENT,
    InboundKind.TELEGRAM,
    InboundKind.EMAIL,
)
"""What a rule is for that does not say for which kinds."""

_UNKNOWN = frozenset({"prefixes", "countries", "surfaces", "priorities"})  # of what goes out only

Replace = Callable[[str], str]
"""Rewrites a text."""

ReplaceWith = Callable[[str, str], Replace]
"""Compiles a pattern and what is to stand in its place, as ``PatternEngine.compile_replace``."""


@attrs.frozen(kw_only=True)
class Replacing:
    """Every place of a text where ``pattern`` fits is replaced; ``\\1`` means its first group."""

    pattern: str
    substitution: str = ""


@attrs.frozen(kw_only=True)
class InboundRule(Condition):
    """
    One rule: a message for which its condition holds goes to all of its destinations.

    ``accounts`` are those to which a message belongs; without ``kinds`` it is for what people
    write. ``replace`` rewrites the text for its own destinations. After a match, ``stop`` keeps the
    rules that follow from being asked. It acts for ``account``, or for the one to which the
    message belongs.
    """

    name: str
    destinations: tuple[Destination, ...] = ()
    replace: Replacing | None = None
    stop: bool = False
    account: str | None = None

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not self.name:
            raise InvalidRequest("a rule needs a name")
        if unknown := sorted(asked(self) & _UNKNOWN):
            raise InvalidRequest(
                f"rule {self.name!r} asks for {unknown[0]}: it is for what goes out"
            )
        if not (self.destinations or self.stop):
            raise InvalidRequest(f"rule {self.name!r} has no destinations, and does not stop")
        if self.replace is not None and not self.destinations:
            raise InvalidRequest(f"rule {self.name!r} replaces a text that goes nowhere")


@attrs.frozen(kw_only=True)
class Matched:
    """A rule that matched, and the text for its destinations."""

    rule: InboundRule
    text: str


def replace_nothing(pattern: str, _: str) -> Replace:
    """For rules that replace nothing: there is no engine that could."""
    raise InvalidRequest(f"no engine understands the pattern {pattern!r}")


class InboundRules:
    """
    Rules in their order, compiled.

    Raises:
        InvalidRequest: a pattern or a substitution is not understood.
    """

    def __init__(
        self,
        rules: Sequence[InboundRule] = (),
        *,
        revision: int = 0,
        find_all: FindAll = find_nothing,
        replace_with: ReplaceWith = replace_nothing,
    ) -> None:
        self.rules = tuple(rules)
        self.revision = revision
        self._asked = [_with_kinds(one) for one in rules]
        self._matching = Matching(self._asked, find_all=find_all)
        self._replacing = [_compiled(one, replace_with) for one in rules]

    def matching(self, facts: Facts) -> Sequence[Matched]:
        """The rules that match, in order, up to one that stops."""
        return [
            Matched(rule=self.rules[place], text=self._replacing[place](facts.text))
            for place in self._places(facts)
        ]

    def near_misses(self, facts: Facts, *, limit: int = 5) -> Sequence[NearMiss]:
        """Rules that were asked and wanted one thing only; those of which most held come first."""
        matched = list(self._places(facts))
        has_stopped = matched and self.rules[matched[-1]].stop
        near = self._matching.near_misses(
            facts, before=matched[-1] if has_stopped else None, limit=limit
        )
        return [
            NearMiss(rule=self.rules[place].name, condition=self._asked[place], failed=failed)
            for place, failed in near
        ]

    def _places(self, facts: Facts) -> Iterator[int]:
        for place in self._matching.all(facts):
            yield place
            if self.rules[place].stop:
                return


def facts_of_inbound(message: InboundMessage, *, account: str, home: str | None) -> Facts:
    """
    What rules see of a message that arrived.

    ``home`` is the country of numbers that are written nationally.
    """
    return Facts(
        at=message.received_at,
        text=message.text,
        sender=sender_form(message.sender, home=home),
        account=account,
        kind=message.kind,
    )


def _with_kinds(rule: InboundRule) -> InboundRule:
    return rule if rule.kinds else attrs.evolve(rule, kinds=FOR_PEOPLE)


def _compiled(rule: InboundRule, replace_with: ReplaceWith) -> Replace:
    if (replace := rule.replace) is None:
        return lambda text: text
    return replace_with(replace.pattern, replace.substitution)
