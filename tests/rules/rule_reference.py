"""
What a condition means, said once more and as plainly as can be: what is compiled is compared to it.

No index, nothing kept, every key asked by itself, a search of its own for every pattern.
"""

from zoneinfo import ZoneInfo

import re2

from smscore.domain.numbers import country_of

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def holds(condition, facts):
    return all(holding for _, holding in answers(condition, facts))


def failed(condition, facts):
    return tuple(key for key, holding in answers(condition, facts) if not holding)


def answers(condition, facts):
    yield from of_lists(condition, facts)
    yield from of_texts(condition, facts)
    for key, agree in (("all_of", all), ("any_of", any), ("none_of", lambda ones: not any(ones))):
        if inner := getattr(condition, key):
            yield key, agree(holds(one, facts) for one in inner)


def of_lists(condition, facts):
    for key, seen in (
        ("countries", country_of(facts.recipient)),
        ("accounts", facts.account),
        ("surfaces", facts.surface),
        ("priorities", facts.priority),
        ("kinds", facts.kind),
    ):
        if wanted := getattr(condition, key):
            yield key, seen in wanted
    if condition.prefixes:
        yield "prefixes", any(facts.recipient.startswith(one) for one in condition.prefixes)
    if condition.time_windows:
        yield "time_windows", any(is_open(one, facts.at) for one in condition.time_windows)


def of_texts(condition, facts):
    if condition.sender is not None:
        yield "sender", plain(condition.sender) == plain(facts.sender)
    if condition.message is not None:
        yield "message", condition.message in facts.text
    for key, searched in (("sender_regex", facts.sender), ("message_regex", facts.text)):
        if (pattern := getattr(condition, key)) is not None:
            yield key, re2.search(pattern, searched) is not None
    if condition.min_length is not None:
        yield "min_length", len(facts.text) >= condition.min_length
    if condition.max_length is not None:
        yield "max_length", len(facts.text) <= condition.max_length


def plain(sender):
    number = "".join(one for one in sender if one not in " -./()")
    if number.removeprefix("+").isdecimal() and number.isascii():
        is_long = number.startswith("00") and len(number) > 4 and number[2] != "0"
        return number.removeprefix("+")[2 if is_long else 0 :]
    return sender.casefold()


def is_open(window, at):
    local = at.astimezone(ZoneInfo(window.zone))
    minute = local.hour * 60 + local.minute
    begins, ends = (int(time[:2]) * 60 + int(time[3:]) for time in (window.begins, window.ends))
    is_on = [not window.weekdays or day in window.weekdays for day in DAYS]
    today = local.weekday()
    if begins < ends:
        return is_on[today] and begins <= minute < ends
    return (is_on[today] and minute >= begins) or (is_on[today - 1] and minute < ends)
