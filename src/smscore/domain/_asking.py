"""
What one condition asks of one message, compiled: a test for each of its keys.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property

from smscore.domain.conditions import Condition, Facts, sender_form
from smscore.domain.numbers import country_of

__all__ = [
    "Find",
    "FindAll",
    "Look",
    "Patterns",
    "Test",
    "comparable_sender",
    "every",
    "literal_pattern",
    "tests_of",
    "text_patterns",
]

Find = Callable[[str], Collection[int]]
"""Which of several patterns are found in a text, by their places."""

FindAll = Callable[[Sequence[str]], Find]
"""Compiles several patterns, as ``PatternEngine.compile_set`` does."""


class Patterns:
    """All patterns of all conditions, each compiled once; texts to be found are patterns, too."""

    def __init__(self, conditions: Sequence[Condition], find_all: FindAll) -> None:
        texts: dict[str, int] = {}
        senders: dict[str, int] = {}
        for condition in conditions:
            for one in condition.every():
                for pattern in text_patterns(one):
                    texts.setdefault(pattern, len(texts))
                if one.sender_regex is not None:
                    senders.setdefault(one.sender_regex, len(senders))
        self.texts, self.senders = texts, senders
        self.find_texts, self.find_senders = find_all(list(texts)), find_all(list(senders))


def text_patterns(condition: Condition) -> Sequence[str]:
    """What a condition itself looks for in a text."""
    literal, pattern = condition.message, condition.message_regex
    sought = (pattern, None if literal is None else literal_pattern(literal))
    return [one for one in sought if one is not None]


def literal_pattern(text: str) -> str:
    """A pattern that finds this text: every ASCII character that might mean something is quoted."""
    return "".join(one if not one.isascii() or one.isalnum() else f"\\{one}" for one in text)


class Look:
    """One message, and what was found out about it."""

    def __init__(self, facts: Facts, patterns: Patterns) -> None:
        self.facts = facts
        self._patterns = patterns

    @cached_property
    def country(self) -> str | None:
        return country_of(self.facts.recipient)

    @cached_property
    def sender(self) -> str:
        return self.facts.sender.casefold()

    @cached_property
    def in_text(self) -> Collection[int]:
        return frozenset(self._patterns.find_texts(self.facts.text))

    @cached_property
    def in_sender(self) -> Collection[int]:
        return frozenset(self._patterns.find_senders(self.facts.sender))


Test = Callable[[Look], bool]


def tests_of(condition: Condition, patterns: Patterns) -> Iterator[tuple[str, Test]]:
    """What a condition asks, each key with its test; all of them have to hold."""
    yield from _lists(condition)
    yield from _searches(condition, patterns)
    if (least := condition.min_length) is not None:
        yield "min_length", lambda look: len(look.facts.text) >= least
    if (most := condition.max_length) is not None:
        yield "max_length", lambda look: len(look.facts.text) <= most
    if windows := condition.time_windows:
        yield "time_windows", lambda look: any(one.holds(look.facts.at) for one in windows)
    yield from _nested(condition, patterns)


def _lists(condition: Condition) -> Iterator[tuple[str, Test]]:
    if prefixes := condition.prefixes:
        yield "prefixes", lambda look: look.facts.recipient.startswith(prefixes)
    if countries := frozenset(condition.countries):
        yield "countries", lambda look: look.country in countries
    if accounts := frozenset(condition.accounts):
        yield "accounts", lambda look: look.facts.account in accounts
    if surfaces := frozenset(condition.surfaces):
        yield "surfaces", lambda look: look.facts.surface in surfaces
    if priorities := frozenset(condition.priorities):
        yield "priorities", lambda look: look.facts.priority in priorities
    if kinds := frozenset(condition.kinds):
        yield "kinds", lambda look: look.facts.kind in kinds


def _searches(condition: Condition, patterns: Patterns) -> Iterator[tuple[str, Test]]:
    if condition.sender is not None:
        sender = comparable_sender(condition.sender)
        yield "sender", lambda look: look.sender == sender
    if condition.sender_regex is not None:
        by = patterns.senders[condition.sender_regex]
        yield "sender_regex", lambda look: by in look.in_sender
    if condition.message is not None:
        literal = patterns.texts[literal_pattern(condition.message)]
        yield "message", lambda look: literal in look.in_text
    if condition.message_regex is not None:
        pattern = patterns.texts[condition.message_regex]
        yield "message_regex", lambda look: pattern in look.in_text


def _nested(condition: Condition, patterns: Patterns) -> Iterator[tuple[str, Test]]:
    if condition.all_of:
        yield "all_of", every([_holds(one, patterns) for one in condition.all_of])
    if condition.any_of:
        yield "any_of", _some([_holds(one, patterns) for one in condition.any_of])
    if condition.none_of:
        some = _some([_holds(one, patterns) for one in condition.none_of])
        yield "none_of", lambda look: not some(look)


def _holds(condition: Condition, patterns: Patterns) -> Test:
    return every([test for _, test in tests_of(condition, patterns)])


def every(tests: Sequence[Test]) -> Test:
    """Whether all of them hold; nearly always there are one or two, which is said without loops."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        one, other = tests
        return lambda look: one(look) and other(look)
    return lambda look: all(test(look) for test in tests)


def _some(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda look: any(test(look) for test in tests)


def comparable_sender(value: str) -> str:
    return sender_form(value).casefold()
