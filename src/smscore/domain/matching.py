"""
Conditions of many rules, compiled: which of them hold for a message, without asking each.

What a condition cannot do without, such as a prefix or a pattern, is looked up for all rules at
once; a set of rules is the bits of a whole number. Only the rules that are left are asked.
"""

from collections.abc import Iterator, Sequence

import attrs

from smscore.domain._asking import Find, FindAll, Look, Patterns, every, tests_of
from smscore.domain._bounds import CanHold, places_of
from smscore.domain.conditions import Condition, Facts
from smscore.errors import InvalidRequest

__all__ = ["Find", "FindAll", "Matching", "NearMiss", "find_nothing"]


@attrs.frozen(kw_only=True)
class NearMiss:
    """A rule that did not match, for want of one thing."""

    rule: str
    condition: Condition
    failed: str  # the key that did not hold


def find_nothing(patterns: Sequence[str]) -> Find:
    """For conditions without patterns: there is no engine that could compile one."""
    if patterns:
        raise InvalidRequest(f"no engine understands the pattern {patterns[0]!r}")
    return lambda _: ()


class Matching:
    """
    The conditions of rules, in their order.

    Raises:
        InvalidRequest: a pattern is not understood.
    """

    def __init__(self, conditions: Sequence[Condition], *, find_all: FindAll) -> None:
        self._patterns = Patterns(conditions, find_all)
        self._tests = [tuple(tests_of(one, self._patterns)) for one in conditions]
        self._holds = [every([test for _, test in tests]) for tests in self._tests]
        self._can_hold = CanHold(list(enumerate(conditions)), self._patterns)

    def all(self, facts: Facts) -> Iterator[int]:
        """The places of the conditions that hold, in order; no more is found out than is taken."""
        look = Look(facts, self._patterns)
        for place in places_of(self._can_hold.among(look)):
            if self._holds[place](look):
                yield place

    def first(self, facts: Facts) -> int | None:
        """The place of the first condition that holds."""
        return next(self.all(facts), None)

    def candidates(self, facts: Facts) -> Sequence[int]:
        """The places of the conditions that have to be asked one by one."""
        return list(places_of(self._can_hold.among(Look(facts, self._patterns))))

    def failed(self, place: int, facts: Facts) -> tuple[str, ...]:
        """The keys of a condition that do not hold; none: it holds."""
        look = Look(facts, self._patterns)
        return tuple(key for key, test in self._tests[place] if not test(look))

    def near_misses(
        self, facts: Facts, *, before: int | None, limit: int
    ) -> Sequence[tuple[int, str]]:
        """
        The places of conditions that fail for want of one thing, each with its key.

        Only those ``before`` a place, if one is given; those of which the most held come first.
        """
        places = range(len(self._tests))[:before]
        failed = ((place, self.failed(place, facts)) for place in places)
        near = [(place, keys[0]) for place, keys in failed if len(keys) == 1]
        return sorted(near, key=lambda one: -len(self._tests[one[0]]))[:limit]
