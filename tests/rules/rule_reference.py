"""
What rules mean, said once more and as plainly as can be: what is compiled is compared to it.

No index, nothing kept, every key asked by itself, a search of its own for every pattern.
"""

from zoneinfo import ZoneInfo

import re2

from smscore.domain.numbers import country_of

PEOPLE = ["sms", "replacement", "telegram", "email"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def holds(condition, facts):
    return all(holding for _, holding in answers(condition, facts))


def failed(condition, facts):
    return tuple(key for key, holding in answers(condition, facts) if not holding)


def answers(condition, facts):
    for key, ask in {
        "prefixes": lambda asked: any(facts.recipient.startswith(one) for one in asked),
        "countries": lambda asked: country_of(facts.recipient) in asked,
        "accounts": lambda asked: facts.account in asked,
        "surfaces": lambda asked: facts.surface in asked,
        "priorities": lambda asked: facts.priority in asked,
        "kinds": lambda asked: facts.kind in asked,
        "sender": lambda asked: plain(asked) == plain(facts.sender),
        "sender_regex": lambda asked: re2.search(asked, facts.sender) is not None,
        "message": lambda asked: asked in facts.text,
        "message_regex": lambda asked: re2.search(asked, facts.text) is not None,
        "min_length": lambda asked: len(facts.text) >= asked,
        "max_length": lambda asked: len(facts.text) <= asked,
        "time_windows": lambda asked: any(is_open(one, facts.at) for one in asked),
        "all_of": lambda asked: all(holds(one, facts) for one in asked),
        "any_of": lambda asked: any(holds(one, facts) for one in asked),
        "none_of": lambda asked: not any(holds(one, facts) for one in asked),
    }.items():
        if (asked := getattr(condition, key)) not in (None, ()):
            yield key, ask(asked)


def matching(rules, facts):
    for rule in rules:
        if facts.kind in (rule.kinds or PEOPLE) and holds(rule, facts):
            text, how = facts.text, rule.replace
            if how:  # in Python all that was found is \g<0>, not \0
                text = re2.sub(how.pattern, how.substitution.replace(r"\0", r"\g<0>"), text)
            yield rule.name, text
            if rule.stop:
                return


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
