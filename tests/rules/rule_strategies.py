"""
Conditions and messages at random, from few values: so that they often meet.
"""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import strategies as st

from smscore.domain.conditions import Condition, Facts, sender_form
from smscore.domain.destinations import (
    AutoReply,
    By,
    Forward,
    HttpCall,
    IsmsPush,
    Recipients,
)
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule, Replacing
from smscore.domain.messages import Priority, Surface
from smscore.domain.routes import Choice, Route
from smscore.domain.windows import Weekday, Window
from smscore.rulebook import Rulebook

PREFIXES = ["+49", "+4917", "+1", "+44", "49", "1"]
NUMBERS = ["+4917012345", "+491", "+12125550100", "+1234567890", "+441481960194", "49170", "110"]
COUNTRIES = ["DE", "US", "CA", "GB", "GG"]
SENDERS = ["Shop", "shop", "+4917012345", "004917012345", "4917012345", "a@example.org", "110"]
PATTERNS = ["a", "^a", "b+$", r"\d{2,}", "(?i)AB", r"ä|ö", "", "[ab]c", r"\bc\b"]
TEXTS = ["", "a", "ab", "abc bb", "AB 12", "ä.c", "c", "a.c", "bc 1 c"]
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]
# Around midnight, around changes of clocks, and in between.
MOMENTS = [
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
    datetime(2026, 4, 4, 15, 0, tzinfo=UTC),
    datetime(2026, 7, 1, 22, 0, tzinfo=UTC),
]


# Each is a choice or two, where it could be more: what is nested holds hundreds of them.


def some(values):
    pairs = st.sampled_from([*permutations(values, 2)])
    return st.just(()) | st.sampled_from([(one,) for one in values]) | pairs


def maybe(values):
    return st.sampled_from([None, *values])


times = st.sampled_from(
    [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 1, 30, 59)]
)


def _window(zone, begins, ends, weekdays):
    return Window(
        zone=zone, begins=begins, ends="24:00" if begins == ends else ends, weekdays=weekdays
    )


windows = st.builds(
    _window, st.sampled_from(ZONES), times, times | st.just("24:00"), some([*Weekday])
)


OWN_KEYS = {
    "prefixes": some(PREFIXES),
    "countries": some(COUNTRIES),
    "accounts": some(["shop", "bank"]),
    "surfaces": some([Surface.QUEUE, Surface.PROVIDER]),
    "priorities": some([*Priority]),
    "kinds": some([InboundKind.SMS, InboundKind.EMAIL]),
    "sender": maybe(SENDERS),
    "sender_regex": maybe([one for one in PATTERNS if one]),
    "message": maybe([one for one in TEXTS if one]),
    "message_regex": maybe([one for one in PATTERNS if one]),
    "min_length": maybe([0, 1, 3]),
    "max_length": maybe([3, 5]),
    "time_windows": st.lists(windows, max_size=2).map(tuple),
}


@st.composite
def own_conditions(draw, *, keys, asked):
    """Few keys each, or nothing would ever hold."""
    return Condition(**{key: draw(keys[key]) for key in draw(asked)})


def conditions(*, keys=OWN_KEYS):
    """Conditions that are nested."""
    leaves = own_conditions(keys=keys, asked=some(sorted(keys)))
    return st.recursive(
        leaves,
        lambda inner: st.builds(_with_nested, leaves, *[st.lists(inner, max_size=2)] * 3),
        max_leaves=5,
    )


def _with_nested(own, every, some, none):
    values = {key: getattr(own, key) for key in OWN_KEYS}
    return Condition(**values, all_of=tuple(every), any_of=tuple(some), none_of=tuple(none))


moments = st.builds(
    lambda moment, minutes: moment + timedelta(minutes=minutes),
    st.sampled_from(MOMENTS),
    st.integers(-180, 180),
)

facts = st.builds(
    Facts,
    at=moments,
    text=st.sampled_from(TEXTS) | st.text(alphabet="abcä 1.", max_size=8),
    sender=st.sampled_from(["", *SENDERS]).map(sender_form),
    recipient=st.sampled_from(["", *NUMBERS]),
    account=st.sampled_from(["shop", "bank", "other"]),
    surface=st.sampled_from([None, *Surface]),
    priority=st.sampled_from([None, *Priority]),
    kind=st.sampled_from([None, *InboundKind]),
)


OUTBOUND_KEYS = {key: values for key, values in OWN_KEYS.items() if key != "kinds"}

_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_names = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=12
)
_channels = st.lists(st.sampled_from(["a", "b", "g", "phones"]), min_size=1, max_size=3).map(tuple)


# Made once: a strategy that is made anew is examined anew each time.
_outbound = conditions(keys=OUTBOUND_KEYS)
_refuses = st.sampled_from([True, False, False, False, False])
_acts = st.fixed_dictionaries(
    {
        "channels": _channels,
        "choice": st.sampled_from(Choice),
        "weights": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 9), max_size=2),
        "price": st.none() | st.integers(0, 5),
        "pace": st.none() | st.integers(1, 1000),
    }
)


@st.composite
def routes(draw, *, name=_names):
    """One rule, whatever it asks and does."""
    asks = draw(_outbound)
    asked = {key: getattr(asks, key) for key in (*OUTBOUND_KEYS, "all_of", "any_of", "none_of")}
    if draw(_refuses):
        return Route(name=draw(name), refuse=draw(_texts), **asked)
    return Route(name=draw(name), **draw(_acts), **asked)


rule_sets = st.lists(routes(), max_size=3, unique_by=lambda one: one.name).map(tuple)


INBOUND_KEYS = {
    key: values
    for key, values in OWN_KEYS.items()
    if key not in ("prefixes", "countries", "surfaces", "priorities")
}

_by = st.sampled_from(By)
_rates = st.integers(1, 9)
_urls = st.sampled_from(["http://localhost:8080", "https://example.org/hook"])
_templates = _urls | st.just("http://localhost/?n=$NUMBER$")
_forwards = st.builds(
    Forward,
    kind=st.sampled_from([Recipients.CONTACT, Recipients.GROUP]),
    to=st.sampled_from(["anna", "7", "on.call"]),
    by=_by,
    text=_texts,
    per_hour=_rates,
) | st.builds(Forward, kind=st.just(Recipients.NUMBER), to=st.sampled_from(NUMBERS), by=_by)
_forwards |= st.builds(Forward, kind=st.just(Recipients.EMAIL), to=st.just("a@example.org"), by=_by)
destinations = (
    _forwards
    | st.builds(AutoReply, text=_texts, by=st.none() | _by, per_hour=_rates)
    | st.builds(HttpCall, url=_templates)
    | st.builds(IsmsPush, url=_urls, username=st.just("") | _texts, password=st.just("") | _texts)
)
_replacing = st.builds(
    Replacing,
    pattern=st.sampled_from(PATTERNS),
    # In ASCII: the library that the reference uses garbles everything else in its templates.
    substitution=st.sampled_from(["", "x", r"<\0>", r"\\", r"\0\0 -"]),
)


_inbound = conditions(keys=INBOUND_KEYS)
_maybe_replacing = st.none() | _replacing
_somewhere = st.lists(destinations, max_size=3).map(tuple)
_accounts = st.sampled_from([None, "shop", "bank"])


@st.composite
def inbound_rules(draw, *, name=_names):
    """One rule for what arrives, whatever it asks and does."""
    asks = draw(_inbound)
    asked = {key: getattr(asks, key) for key in (*INBOUND_KEYS, "all_of", "any_of", "none_of")}
    goes = draw(_somewhere)
    return InboundRule(
        name=draw(name),
        destinations=goes,
        replace=draw(_maybe_replacing) if goes else None,
        stop=draw(st.booleans()) if goes else True,
        account=draw(_accounts),
        **asked,
    )


inbound_sets = st.lists(inbound_rules(), max_size=3, unique_by=lambda one: one.name).map(tuple)
rulebooks = st.builds(
    Rulebook, routes=rule_sets, inbound=inbound_sets, revision=st.none() | st.integers(0, 9)
)
