"""
What a decision costs: rules that ask for various things, few of them and a thousand.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random

from _results import Goal, circumstances, goals, table

from smscore.domain.conditions import Condition, Facts
from smscore.domain.destinations import AutoReply
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule, InboundRules, Replacing
from smscore.domain.matching import Find, Matching
from smscore.domain.windows import Window
from smscore_policy import make_pattern_engine

_MANY = 1000
_MESSAGES = 500
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_random = Random(7)
_WORDS = ["".join(_random.choices(_LETTERS, k=_random.randint(4, 9))) for _ in range(3000)]


def measure(*, rounds: int) -> str:
    """The section of the results."""
    messages = [_message(number) for number in range(_MESSAGES)]
    rows, worst = [], 0.0
    for what, rule in _KINDS.items():
        few, many = (
            _microseconds([rule(number) for number in range(count)], messages, rounds=rounds)
            for count in (10, _MANY)
        )
        rows.append((what, f"{few:.1f}", f"{many:.1f}"))
        worst = max(worst, many)
    for what, inbound in _ARRIVING.items():
        few, many = (
            _microseconds_inbound(
                [inbound(number) for number in range(count)], messages, rounds=rounds
            )
            for count in (10, _MANY)
        )
        rows.append((what, f"{few:.1f}", f"{many:.1f}"))
        worst = max(worst, many)
    reached = [
        Goal(number="", what="µs, 1000 rules, the worst kind", measured=worst, wanted="≤ 200")
    ]
    return "\n".join(
        [
            circumstances("smscore", "google-re2"),
            "Texts of 20 words, each of them new; nearly no rule matches, so that all count.",
            "",
            *goals(reached),
            "",
            *table(("rules ask for", "10 rules, µs", f"{_MANY} rules, µs"), rows),
        ]
    )


def _microseconds(
    conditions: Sequence[Condition], messages: Sequence[Facts], *, rounds: int
) -> float:
    """The median over the rounds, each with rules that were compiled anew."""
    found = []
    for _ in range(rounds):
        matching = Matching(conditions, find_all=_find_all)
        begin = time.perf_counter()
        for message in messages:
            matching.first(message)
        found.append((time.perf_counter() - begin) / len(messages) * 1e6)
    return statistics.median(found)


def _microseconds_inbound(
    rules: Sequence[InboundRule], messages: Sequence[Facts], *, rounds: int
) -> float:
    """The same for rules of what arrives: all that match are found, and texts rewritten."""
    found = []
    for _ in range(rounds):
        inbound = InboundRules(
            rules, find_all=_find_all, replace_with=make_pattern_engine().compile_replace
        )
        begin = time.perf_counter()
        for message in messages:
            inbound.matching(message)
        found.append((time.perf_counter() - begin) / len(messages) * 1e6)
    return statistics.median(found)


def _find_all(patterns: Sequence[str]) -> Find:
    return make_pattern_engine().compile_set(patterns).find


def _message(number: int) -> Facts:
    return Facts(
        at=datetime(2026, 7, 1, 12, tzinfo=UTC),
        text=" ".join(_random.choices(_WORDS, k=20)),
        recipient=f"+4999{number:07}",
        account="shop",
        sender="Shop",
        kind=InboundKind.SMS,
    )


def _mixed(number: int) -> Condition:
    """Something of everything; what is nested as well."""
    kind = tuple(_KINDS.values())[number % 4]
    if number % 3:
        return kind(number)
    other = Condition(sender_regex=f"^49{number}")
    return Condition(any_of=(kind(number), Condition(all_of=(kind(number + 1), other))))


def _negated(number: int) -> Condition:
    """Nothing but negations, of various depths and widths."""
    prefix = Condition(prefixes=(f"+49{number:03}",))
    word, here = Condition(message=_WORDS[number]), Condition(accounts=("shop",))
    match number % 4:
        case 0:
            unwanted: tuple[Condition, ...] = (Condition(none_of=(prefix,)),)
        case 1:
            unwanted = (word, Condition(accounts=("shop",), none_of=(word,), max_length=1000))
        case 2:
            unwanted = (Condition(any_of=(prefix, word, here)),)
        case _:
            unwanted = (prefix, Condition(all_of=(here, Condition(none_of=(prefix, word)))))
    return Condition(none_of=unwanted)


_KINDS: dict[str, Callable[[int], Condition]] = {
    "prefixes": lambda number: Condition(prefixes=(f"+49{number:03}",)),
    "patterns": lambda number: Condition(
        message_regex=rf"(?i)\b{_WORDS[number]}\s+\d+", accounts=("shop",)
    ),
    "texts": lambda number: Condition(message=f"{_WORDS[number]} {_WORDS[-number]}"),
    "times": lambda number: Condition(
        time_windows=(Window(zone="Europe/Berlin", begins="20:00", ends=f"2{number % 4}:59"),)
    ),
    "everything, nested": _mixed,
    "negations, nested": _negated,
}


def _arriving(condition: Condition, number: int) -> InboundRule:
    return InboundRule(
        name=f"{number}",
        all_of=(condition,),
        replace=Replacing(pattern=rf"({_WORDS[number]})", substitution=r"<\1>"),
        destinations=(AutoReply(text="thanks"),),
    )


_ARRIVING: dict[str, Callable[[int], InboundRule]] = {
    "what arrives: senders": lambda number: _arriving(
        Condition(sender=f"+4917{number:07}"), number
    ),
    "what arrives: patterns": lambda number: _arriving(
        Condition(message_regex=rf"(?i)\b{_WORDS[number]}\s+\d+"), number
    ),
    "what arrives: one of a hundred matches": lambda number: _arriving(
        Condition(sender=("Shop" if number % 100 == 0 else f"+4917{number:07}")), number
    ),
}
