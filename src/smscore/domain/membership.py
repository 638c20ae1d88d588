"""
Who is in which group: everybody that a group reaches, and why a group may not be put into another.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from smscore.domain.directory import Contact, Group, GroupId
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress
from smscore.errors import InvalidRequest

__all__ = [
    "Nesting",
    "check_nesting",
    "distinct_numbers",
    "distinct_recipients",
    "nesting_of",
    "reached",
]

Nesting: TypeAlias = Mapping[GroupId, Sequence[GroupId]]
"""For each group that holds groups: those directly in it."""


def nesting_of(pairs: Iterable[tuple[GroupId, GroupId]]) -> dict[GroupId, list[GroupId]]:
    """The nesting that pairs of a group and one that is directly in it amount to."""
    nesting: dict[GroupId, list[GroupId]] = {}
    for outer, inner in pairs:
        nesting.setdefault(outer, []).append(inner)
    return nesting


def reached(start: GroupId, nesting: Nesting) -> tuple[GroupId, ...]:
    """
    The group and every group in it, however deep, each once.

    It ends for any nesting: also for one with a cycle, which nobody can make here.
    """
    found = {start: None}  # a set that keeps its order
    waiting = [start]
    for group in waiting:
        new = [inner for inner in dict.fromkeys(nesting.get(group, ())) if inner not in found]
        found.update(dict.fromkeys(new))
        waiting.extend(new)
    return tuple(found)


def check_nesting(outer: Group, inner: Group, *, nesting: Nesting, groups: Iterable[Group]) -> None:
    """
    Let a group be put into another unless it would be inside itself then.

    Raises:
        InvalidRequest: it would; the whole way round is named.
    """
    way = _way(inner.id, outer.id, nesting)
    if way is None:
        return
    names = {group.id: group.name for group in (*groups, outer, inner)}
    circle = " > ".join(names.get(group, str(group)) for group in (outer.id, *way))
    raise InvalidRequest(
        f"group {inner.name!r} cannot be put into {outer.name!r}: "
        f"it would contain itself ({circle})"
    )


def distinct_numbers(contacts: Iterable[Contact], *, home: str | None) -> tuple[str, ...]:
    """
    The numbers of the contacts that have one, in normal form, each once, in their order.

    Contacts may have been written down before the account had its home country.
    """
    numbers = (
        PhoneNumber.parse(contact.number.value, home=home).value
        for contact in contacts
        if contact.number is not None
    )
    return tuple(dict.fromkeys(numbers))


def distinct_recipients(contacts: Iterable[Contact], *, home: str | None) -> tuple[str, ...]:
    """
    The numbers likewise, and the e-mail addresses of those who have no number.

    An address to which no mail can be sent counts as none.
    """
    found: dict[str, None] = {}
    for contact in contacts:
        if contact.number is not None:
            found.update(dict.fromkeys(distinct_numbers([contact], home=home)))
        elif contact.email:
            with suppress(InvalidRequest):
                found[EmailAddress.parse(contact.email).value] = None
    return tuple(found)


def _way(start: GroupId, goal: GroupId, nesting: Nesting) -> tuple[GroupId, ...] | None:
    """The shortest way down from a group to another; None: there is none."""
    came_from: dict[GroupId, GroupId | None] = {start: None}
    waiting = [start]
    for group in waiting:
        if group == goal:
            return _walked(goal, came_from)
        new = [inner for inner in dict.fromkeys(nesting.get(group, ())) if inner not in came_from]
        came_from.update(dict.fromkeys(new, group))
        waiting.extend(new)
    return None


def _walked(goal: GroupId, came_from: Mapping[GroupId, GroupId | None]) -> tuple[GroupId, ...]:
    way: list[GroupId] = []
    here: GroupId | None = goal
    while here is not None:
        way.append(here)
        here = came_from[here]
    return tuple(reversed(way))
