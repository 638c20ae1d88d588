"""
Conditions of many rules, compiled: which of them hold for a message, without asking each.

What a condition cannot do without, such as a prefix or a pattern, is looked up for all rules at
once; a set of rules is the bits of a whole number. Only the rules that are left are asked.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import xor

from smscore.domain._asking import (
    Find,
    FindAll,
    Look,
    Patterns,
    comparable_sender,
    every,
    tests_of,
    text_patterns,
)
from smscore.domain.conditions import Condition, Facts
from smscore.errors import InvalidRequest

__all__ = ["Find", "FindAll", "Matching", "find_nothing"]

_FEW = 4
"""Rules that are asked sooner than what they may need is looked up."""


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
        self._everything = (1 << len(conditions)) - 1
        self._cheap: list[_Question | _Lengths] = [
            *_cheap_questions(conditions),
            _Lengths(conditions),
        ]
        self._dear = list(_dear_questions(conditions, self._patterns))

    def all(self, facts: Facts) -> Iterator[int]:
        """The places of the conditions that hold, in order; no more is found out than is taken."""
        look = Look(facts, self._patterns)
        for place in _bits(self._candidates(look)):
            if self._holds[place](look):
                yield place

    def first(self, facts: Facts) -> int | None:
        """The place of the first condition that holds."""
        return next(self.all(facts), None)

    def candidates(self, facts: Facts) -> Sequence[int]:
        """The places of the conditions that have to be asked one by one."""
        return list(_bits(self._candidates(Look(facts, self._patterns))))

    def failed(self, place: int, facts: Facts) -> tuple[str, ...]:
        """The keys of a condition that do not hold; none: it holds."""
        look = Look(facts, self._patterns)
        return tuple(key for key, test in self._tests[place] if not test(look))

    def breadth(self, place: int) -> int:
        """How many keys a condition asks for."""
        return len(self._tests[place])

    def _candidates(self, look: Look) -> int:
        left = self._everything
        for question in self._cheap:
            left &= question.answer(look)
        for question in self._dear:
            if left.bit_count() <= _FEW:
                break
            left &= question.answer(look)
        return left


def _bits(rules: int) -> Iterator[int]:
    while rules:
        lowest = rules & -rules
        yield lowest.bit_length() - 1
        rules ^= lowest


_Needs = Callable[[Condition], Iterable[object]]  # of these values one; none: it does without
_Seen = Callable[[Look], Iterable[object]]


class _Question:
    """Which rules can hold at all, by one thing that can be seen of a message."""

    def __init__(self, conditions: Sequence[Condition], needs: _Needs, seen: _Seen) -> None:
        self.others = 0  # rules that do without
        self.rules: dict[object, int] = {}  # by the values of which they need one
        self.seen = seen
        for place, condition in enumerate(conditions):
            needed = _needed(condition, needs)
            if needed is None:
                self.others |= 1 << place
            for value in needed or ():
                self.rules[value] = self.rules.get(value, 0) | 1 << place

    def answer(self, look: Look) -> int:
        found = self.others
        for value in self.seen(look):
            found |= self.rules.get(value, 0)
        return found


class _Lengths:
    """Which rules can hold at all, by how long a text is."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        changes: dict[int, int] = {}  # the rules that begin to hold or cease to, by length
        for place, condition in enumerate(conditions):
            begins, ends = condition.min_length or 0, condition.max_length
            changes[begins] = changes.get(begins, 0) ^ 1 << place
            if ends is not None:
                changes[ends + 1] = changes.get(ends + 1, 0) ^ 1 << place
        self._edges = sorted(changes)
        self._rules = list(accumulate((changes[edge] for edge in self._edges), xor, initial=0))

    def answer(self, look: Look) -> int:
        return self._rules[bisect_right(self._edges, len(look.facts.text))]


def _needed(condition: Condition, needs: _Needs) -> frozenset[object] | None:
    """
    Values of which one has to be seen, or the condition does not hold; None: it may without.

    May be more than need be, but never less.
    """
    if own := frozenset(needs(condition)):
        return own
    for one in condition.all_of:
        if (inner := _needed(one, needs)) is not None:
            return inner
    each = [_needed(one, needs) for one in condition.any_of]
    if not each or None in each:
        return None
    return frozenset().union(*[one for one in each if one is not None])


def _cheap_questions(conditions: Sequence[Condition]) -> Iterator[_Question]:
    """Those that are answered by looking a value up."""
    lengths = sorted({len(prefix) for one in _every(conditions) for prefix in one.prefixes})

    def beginnings(look: Look) -> Iterable[object]:
        return [look.facts.recipient[:length] for length in lengths]

    kinds: Sequence[tuple[_Needs, _Seen]] = (
        (lambda one: one.prefixes, beginnings),
        (lambda one: one.accounts, lambda look: (look.facts.account,)),
        (lambda one: one.surfaces, lambda look: (look.facts.surface,)),
        (lambda one: one.priorities, lambda look: (look.facts.priority,)),
        (lambda one: one.kinds, lambda look: (look.facts.kind,)),
        (_senders, lambda look: (look.sender,)),
        (lambda one: one.countries, lambda look: (look.country,)),
    )
    yield from _asked(conditions, kinds)


def _dear_questions(conditions: Sequence[Condition], patterns: Patterns) -> Iterator[_Question]:
    """Those for which texts are searched and clocks are read."""

    def open_windows(look: Look) -> Iterable[object]:
        return [window for window in windows if window.holds(look.facts.at)]

    def in_text(one: Condition) -> Iterable[object]:
        return [patterns.texts[pattern] for pattern in text_patterns(one)[:1]]  # one will do

    def in_sender(one: Condition) -> Iterable[object]:
        return () if one.sender_regex is None else (patterns.senders[one.sender_regex],)

    windows = {window for one in _every(conditions) for window in one.time_windows}
    kinds: Sequence[tuple[_Needs, _Seen]] = (
        (in_sender, lambda look: look.in_sender),
        (lambda one: one.time_windows, open_windows),
        (in_text, lambda look: look.in_text),
    )
    yield from _asked(conditions, kinds)


def _asked(
    conditions: Sequence[Condition], kinds: Iterable[tuple[_Needs, _Seen]]
) -> Iterator[_Question]:
    questions = [_Question(conditions, needs, seen) for needs, seen in kinds]
    return (question for question in questions if question.rules)


def _every(conditions: Iterable[Condition]) -> Iterator[Condition]:
    return (inner for one in conditions for inner in one.every())


def _senders(condition: Condition) -> Iterable[object]:
    return () if condition.sender is None else (comparable_sender(condition.sender),)
