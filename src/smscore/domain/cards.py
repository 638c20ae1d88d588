"""
Contacts and groups as files have them, and what taking them over would change.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import attrs

from smscore.domain.accounts import check_name
from smscore.domain.directory import (
    Clearable,
    Contact,
    ContactChanges,
    ContactId,
    Group,
    GroupId,
)
from smscore.domain.membership import check_nesting, nesting_of
from smscore.domain.messages import AccountId
from smscore.domain.settings import UNCHANGED, Unchanged
from smscore.errors import InvalidRequest, Rejected

__all__ = [
    "LARGEST_ID",
    "Card",
    "CardKind",
    "Fault",
    "ImportPlan",
    "Known",
    "newest_asked_for",
    "plan_import",
]

LARGEST_ID = 999_999_999
"""That a file may ask for: people type them."""


class CardKind(enum.StrEnum):
    """What a card describes."""

    CONTACT = "contact"
    GROUP = "group"


@attrs.frozen(kw_only=True)
class Card:
    """
    What a file says of a contact or a group, from its ``line`` on.

    What it says nothing about stays as it is. ``groups`` are those that it is directly in.
    """

    line: int
    name: str
    kind: CardKind = CardKind.CONTACT
    id: int | None = None  # None: its own if there is one of its name, else the next
    number: Clearable[str] = UNCHANGED
    email: str | Unchanged = UNCHANGED
    notes: str | Unchanged = UNCHANGED
    groups: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Fault:
    """Why a card cannot be taken over, and where it begins."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@attrs.frozen(kw_only=True)
class Known:
    """What a directory holds of what some cards name."""

    account: AccountId
    contacts: Mapping[str, Contact]
    groups: Mapping[str, Group]
    owners: Mapping[int, str]  # of the ids that cards ask for, the contacts that have them
    nesting: frozenset[tuple[GroupId, GroupId]] = frozenset()
    memberships: frozenset[tuple[GroupId, ContactId]] = frozenset()
    newest_contact: int = 0
    newest_group: int = 0


@attrs.frozen(kw_only=True)
class ImportPlan:
    """What taking cards over changes; if there are faults, nothing is to be changed."""

    added: tuple[Contact, ...] = ()
    changed: tuple[tuple[Contact, Contact], ...] = ()  # before and after
    unchanged: tuple[Contact, ...] = ()
    added_groups: tuple[Group, ...] = ()
    joining: tuple[tuple[Group, Contact], ...] = ()
    nesting: tuple[tuple[Group, Group], ...] = ()  # the outer and the inner
    faults: tuple[Fault, ...] = ()


def plan_import(cards: Iterable[Card], known: Known, *, home: str | None) -> ImportPlan:
    """What taking over these cards would change; ``home`` is for numbers written nationally."""
    planning = _Planning(known, home)
    for card in cards:
        try:
            planning.take(card)
        except Rejected as refusal:
            planning.faults.append(Fault(line=card.line, reason=str(refusal)))
    return planning.plan()


class _Planning:
    """The plan while it grows: a card sees what those before it have changed."""

    def __init__(self, known: Known, home: str | None) -> None:
        self._known = known
        self._home = home
        self._lines: dict[tuple[CardKind, str], int] = {}
        self._ids: dict[int, int] = {}
        self._added: list[Contact] = []
        self._changed: list[tuple[Contact, Contact]] = []
        self._unchanged: list[Contact] = []
        self._added_groups: dict[str, Group] = {}
        self._joining: list[tuple[Group, Contact]] = []
        self._nesting: list[tuple[Group, Group]] = []
        self._pairs = set(known.nesting)
        self._tree = nesting_of(known.nesting)
        self._newest_contact = known.newest_contact
        self.faults: list[Fault] = []

    def plan(self) -> ImportPlan:
        return ImportPlan(
            added=tuple(self._added),
            changed=tuple(self._changed),
            unchanged=tuple(self._unchanged),
            added_groups=tuple(self._added_groups.values()),
            joining=tuple(self._joining),
            nesting=tuple(self._nesting),
            faults=tuple(self.faults),
        )

    def take(self, card: Card) -> None:
        """Raises Rejected if that cannot be."""
        key = (card.kind, card.name)
        if key in self._lines:
            raise InvalidRequest(
                f"{card.kind} {card.name!r} is described in line {self._lines[key]} already"
            )
        self._lines[key] = card.line
        for name in card.groups:
            check_name(name, of="a group")
        if card.kind is CardKind.GROUP:
            self._take_group(card)
        else:
            self._take_contact(card)

    def _take_group(self, card: Card) -> None:
        check_name(card.name, of="a group")
        if any(isinstance(one, str) and one for one in (card.number, card.email, card.notes)):
            raise InvalidRequest(f"group {card.name!r} can have members, but nothing else")
        inner = self._group(card.name)
        for name in dict.fromkeys(card.groups):
            outer = self._group(name)
            pair = (outer.id, inner.id)
            if pair not in self._pairs:
                groups = chain(self._known.groups.values(), self._added_groups.values())
                check_nesting(outer, inner, nesting=self._tree, groups=groups)
                self._nesting.append((outer, inner))
                self._pairs.add(pair)
                self._tree.setdefault(outer.id, []).append(inner.id)

    def _take_contact(self, card: Card) -> None:
        wishes = ContactChanges(
            name=card.name, number=card.number, email=card.email, notes=card.notes
        )
        before = self._known.contacts.get(card.name)
        blank = Contact(id=ContactId(0), account=self._known.account, name=card.name)
        after = wishes.apply(before or blank, home=self._home)
        self._check_id(card, before)
        if before is None:
            after = attrs.evolve(after, id=ContactId(card.id or self._next_contact()))
            self._added.append(after)
        elif after != before:
            self._changed.append((before, after))
        else:
            self._unchanged.append(after)
        for name in dict.fromkeys(card.groups):
            group = self._group(name)
            if (group.id, after.id) not in self._known.memberships:
                self._joining.append((group, after))

    def _check_id(self, card: Card, before: Contact | None) -> None:
        if card.id is None:
            return
        if not 0 < card.id <= LARGEST_ID:
            raise InvalidRequest(f"the id {card.id} is not between 1 and {LARGEST_ID}")
        if before is not None and before.id != card.id:
            raise InvalidRequest(
                f"contact {card.name!r} has the id {before.id} here, not {card.id}; "
                "without ids, contacts are known by their names"
            )
        owner = self._known.owners.get(card.id, card.name)
        if owner != card.name:
            raise InvalidRequest(f"the id {card.id} is that of contact {owner!r} here")
        if card.id in self._ids:
            raise InvalidRequest(f"the id {card.id} is given in line {self._ids[card.id]} already")
        self._ids[card.id] = card.line

    def _next_contact(self) -> int:
        self._newest_contact += 1
        return self._newest_contact

    def _group(self, name: str) -> Group:
        found = self._known.groups.get(name) or self._added_groups.get(name)
        if found is None:
            number = GroupId(self._known.newest_group + len(self._added_groups) + 1)
            found = Group(id=number, account=self._known.account, name=name)
            self._added_groups[name] = found
        return found


def newest_asked_for(cards: Sequence[Card]) -> int:
    """The highest id that cards ask for; 0: none does."""
    return max((card.id or 0 for card in cards), default=0)
