"""
Where a modem puts what arrives, and how it announces it: choosing a store and a routing.
"""

import re

import attrs

from smscore_modem._line._asking import insist
from smscore_modem._line._commands import stores_for_receiving, value_of
from smscore_modem._line._dialogue import Dialogue
from smscore_modem._profiles import Profile

__all__ = ["Routing", "Store", "choose_routing", "choose_store", "shown_routing"]

_TIMEOUT = 5.0
_RANGES = re.compile(r"\(([^()]*)\)")
_USE = re.compile(r"\d+")


@attrs.frozen(kw_only=True)
class Store:
    """The store in which messages arrive; the size is None when the modem does not tell it."""

    name: str
    size: int | None = None


@attrs.frozen(kw_only=True)
class Routing:
    """What ``AT+CNMI`` was set to, and what it shows since then, None if it shows nothing."""

    wanted: str
    shown: str | None = None


def choose_store(dialogue: Dialogue, *, profile: Profile) -> Store | None:
    """Select the largest of the stores that the profile wants; None: the modem keeps none."""
    offered = stores_for_receiving(insist(dialogue, "AT+CPMS=?", timeout=_TIMEOUT).lines)
    wanted = [name for name in profile.stores if name in offered] or profile.stores[:2]
    best = selected = None
    for name in wanted:
        store = _select(dialogue, name)
        if store is None:
            continue
        selected = store
        if best is None or (store.size or 0) > (best.size or 0):
            best = store
    return best if best is None or best == selected else _select(dialogue, best.name)


def _select(dialogue: Dialogue, name: str) -> Store | None:
    # Fewer memories for those that have fewer (27.005, 3.2.2).
    for count in (3, 2, 1):
        memories = ",".join([f'"{name}"'] * count)
        answer = insist(dialogue, f"AT+CPMS={memories}", timeout=_TIMEOUT)
        if answer.is_ok:
            use = _USE.findall(value_of(answer.lines, "+CPMS") or "")
            # Pairs of used and total; the last is that of the store for what arrives.
            return Store(name=name, size=int(use[-1][:9]) if len(use) > 1 else None)
    return None


def choose_routing(dialogue: Dialogue, *, profile: Profile) -> Routing | None:
    """
    Have arrivals announced as well as the modem can; None when it cannot at all.

    Looking into the stores from time to time still finds everything then.
    """
    ranges = _ranges(insist(dialogue, "AT+CNMI=?", timeout=_TIMEOUT).lines)
    # What it advertises goes first; some refuse that and take what they do not advertise.
    for tried in sorted(profile.routing, key=lambda tried: not _is_within(tried, ranges)):
        if not insist(dialogue, f"AT+CNMI={tried}", timeout=_TIMEOUT).is_ok:
            continue
        shown = shown_routing(dialogue)
        if shown is None or _is_same(tried, shown):
            return Routing(wanted=tried, shown=shown)
    return None


def shown_routing(dialogue: Dialogue) -> str | None:
    """What ``AT+CNMI?`` shows; None when it shows nothing."""
    value = value_of(insist(dialogue, "AT+CNMI?", timeout=_TIMEOUT).lines, "+CNMI")
    return value.replace(" ", "") if value else None


def _is_same(wanted: str, shown: str) -> bool:
    # The last field only says what becomes of what was held back: many do not keep it.
    pairs = zip(wanted.split(",")[:4], shown.split(","), strict=False)
    return all(one == other for one, other in pairs)


def _ranges(lines: tuple[str, ...]) -> list[set[int]]:
    groups = _RANGES.findall(value_of(lines, "+CNMI") or "")
    return [_numbers(group) for group in groups]


def _numbers(group: str) -> set[int]:
    found: set[int] = set()
    for item in group.split(","):
        first, _, last = (text.strip() for text in item.partition("-"))
        # The values have one digit (27.005, 3.4.1).
        if re.fullmatch(r"\d", first):
            found |= set(range(int(first), int(last if re.fullmatch(r"\d", last) else first) + 1))
    return found


def _is_within(tried: str, ranges: list[set[int]]) -> bool:
    pairs = zip(tried.split(","), ranges, strict=False)
    return all(int(value) in allowed for value, allowed in pairs)
