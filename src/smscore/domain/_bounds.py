"""
Which of many conditions can hold for a message, and which surely do, without asking each.

A set of conditions is the bits of a whole number, by their places. What can be seen of a message is
looked up for all of them at once. Nested conditions in the same position, such as the first of
*none of*, are looked at together.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from operator import or_, xor
from typing import TypeAlias

from smscore.domain._asking import (
    Look,
    Patterns,
    comparable_sender,
    literal_pattern,
)
from smscore.domain.conditions import Condition

__all__ = ["CanHold", "places_of"]

_FEW = 4
"""Conditions that are asked one by one sooner than what they may need is looked up."""
_WORTH_IT = 16
"""
Conditions for each position in which tables are made of what is nested in them: to ask one is
cheaper than to look into a table, and there may be hundreds nested in each.
"""

_Placed: TypeAlias = Sequence[tuple[int, Condition]]
_Needs: TypeAlias = Callable[[Condition], Iterable[object]]  # one of these values; none: no matter
_Seen: TypeAlias = Callable[[Look], Iterable[object]]


def places_of(bits: int) -> Iterator[int]:
    """The places in a set, in order."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class CanHold:
    """Those of many conditions that can hold: none is missed, but there may be too many."""

    def __init__(self, placed: _Placed, patterns: Patterns) -> None:
        self.places = _bits(placed)
        cheap = _questions(placed, _cheap_kinds(placed), _needed)
        self._cheap: list[_Question | _Lengths] = [*cheap, _Lengths(placed)]
        self._dear = list(_questions(placed, _dear_kinds(placed, patterns), _needed))
        self._negated = [SurelyHolds(one, patterns) for one in _positions(placed, "none_of")]

    def among(self, look: Look) -> int:
        """Those that can."""
        left = self.places
        for question in self._cheap:
            left &= question.answer(look)
        for question in self._dear:
            if left.bit_count() <= _FEW:
                return left
            left &= question.answer(look)
        for negated in self._negated:
            if left.bit_count() <= _FEW:
                return left
            left &= ~negated.among(look)
        return left


class SurelyHolds:
    """Those of many conditions that hold for sure: some may be missed, but none is too many."""

    def __init__(self, placed: _Placed, patterns: Patterns) -> None:
        every, some, none = (
            list(_positions(placed, key)) for key in ("all_of", "any_of", "none_of")
        )
        self.places = _bits(placed)
        known = [
            (place, one)
            for place, one in placed
            if len(one.all_of) <= len(every) and len(one.none_of) <= len(none)
        ]
        self._known = _bits(known)
        kinds = [*_cheap_kinds(placed), *_dear_kinds(placed, patterns)]
        own = _questions(placed, kinds, _own)
        self._own: list[_Question | _Lengths] = [_Lengths(placed), *own]
        self._every = [SurelyHolds(one, patterns) for one in every]
        self._some = [SurelyHolds(one, patterns) for one in some]
        self._without_some = _bits([(place, one) for place, one in placed if not one.any_of])
        self._none = [CanHold(one, patterns) for one in none]

    def among(self, look: Look) -> int:
        """Those that do."""
        left = self._known
        for question in self._own:
            left &= question.answer(look)
        for each in self._every:
            left &= each.among(look) | ~each.places
        left &= reduce(or_, [one.among(look) for one in self._some], self._without_some)
        for one in self._none:
            left &= ~one.among(look)
        return left


def _bits(placed: _Placed) -> int:
    return reduce(or_, [1 << place for place, _ in placed], 0)


def _positions(placed: _Placed, key: str) -> Iterator[_Placed]:
    """The first of the nested conditions of each, the second ones …, while it is worth it."""
    nested = [(place, getattr(one, key)) for place, one in placed]
    for position in range(len(placed) // _WORTH_IT):
        there = [(place, ones[position]) for place, ones in nested if position < len(ones)]
        if len(there) < _WORTH_IT:
            return
        yield there


class _Question:
    """Which conditions one thing allows that can be seen of a message."""

    def __init__(self, wanted: Iterable[tuple[int, frozenset[object] | None]], seen: _Seen) -> None:
        self.others = 0  # conditions to which it does not matter
        self.conditions: dict[object, int] = {}  # by the values of which they need one
        self.seen = seen
        for place, values in wanted:
            if values is None:
                self.others |= 1 << place
            for value in values or ():
                self.conditions[value] = self.conditions.get(value, 0) | 1 << place

    def answer(self, look: Look) -> int:
        found = self.others
        for value in self.seen(look):
            found |= self.conditions.get(value, 0)
        return found


class _Lengths:
    """Which conditions the length of a text allows."""

    def __init__(self, placed: _Placed) -> None:
        changes: dict[int, int] = {}  # the conditions that begin to hold or cease to, by length
        for place, condition in placed:
            begins, ends = condition.min_length or 0, condition.max_length
            changes[begins] = changes.get(begins, 0) ^ 1 << place
            if ends is not None:
                changes[ends + 1] = changes.get(ends + 1, 0) ^ 1 << place
        self._edges = sorted(changes)
        self._conditions = list(accumulate((changes[edge] for edge in self._edges), xor, initial=0))

    def answer(self, look: Look) -> int:
        return self._conditions[bisect_right(self._edges, len(look.facts.text))]


def _questions(
    placed: _Placed,
    kinds: Iterable[tuple[_Needs, _Seen]],
    wanted: Callable[[Condition, _Needs], frozenset[object] | None],
) -> Iterator[_Question]:
    for needs, seen in kinds:
        question = _Question(((place, wanted(one, needs)) for place, one in placed), seen)
        if question.conditions:
            yield question


def _own(condition: Condition, needs: _Needs) -> frozenset[object] | None:
    """The values of which a condition itself asks for one, if it does."""
    return frozenset(needs(condition)) or None


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


def _cheap_kinds(placed: _Placed) -> Iterator[tuple[_Needs, _Seen]]:
    """What is answered by looking a value up."""
    lengths = sorted({len(prefix) for one in _every(placed) for prefix in one.prefixes})

    def beginnings(look: Look) -> Iterable[object]:
        return [look.facts.recipient[:length] for length in lengths]

    yield lambda one: one.prefixes, beginnings
    yield lambda one: one.accounts, lambda look: (look.facts.account,)
    yield lambda one: one.surfaces, lambda look: (look.facts.surface,)
    yield lambda one: one.priorities, lambda look: (look.facts.priority,)
    yield lambda one: one.kinds, lambda look: (look.facts.kind,)
    yield _senders, lambda look: (look.sender,)
    yield lambda one: one.countries, lambda look: (look.country,)


def _dear_kinds(placed: _Placed, patterns: Patterns) -> Iterator[tuple[_Needs, _Seen]]:
    """That for which texts are searched and clocks are read."""

    def open_windows(look: Look) -> Iterable[object]:
        return [window for window in windows if window.holds(look.facts.at)]

    def in_sender(one: Condition) -> Iterable[object]:
        return () if one.sender_regex is None else (patterns.senders[one.sender_regex],)

    def by_pattern(one: Condition) -> Iterable[object]:
        return () if one.message_regex is None else (patterns.texts[one.message_regex],)

    def literally(one: Condition) -> Iterable[object]:
        return () if one.message is None else (patterns.texts[literal_pattern(one.message)],)

    windows = {window for one in _every(placed) for window in one.time_windows}
    yield in_sender, lambda look: look.in_sender
    yield lambda one: one.time_windows, open_windows
    yield by_pattern, lambda look: look.in_text
    yield literally, lambda look: look.in_text


def _every(placed: _Placed) -> Iterator[Condition]:
    return (inner for _, one in placed for inner in one.every())


def _senders(condition: Condition) -> Iterable[object]:
    return () if condition.sender is None else (comparable_sender(condition.sender),)
