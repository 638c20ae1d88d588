"""
The directory of the store in memory: contacts, groups, and who is in them.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.messages import AccountId
from smscore.errors import Conflict
from smscore.ports.storage import TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryDirectory"]

C = TypeVar("C", Contact, Group)


class MemoryDirectory:
    """See :class:`smscore.ports.storage.Directory`."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._contacts: dict[tuple[AccountId, ContactId], Contact] = {}
        self._groups: dict[tuple[AccountId, GroupId], Group] = {}
        self._contacts_in: dict[tuple[AccountId, GroupId, ContactId], None] = {}
        self._groups_in: dict[tuple[AccountId, GroupId, GroupId], None] = {}
        self._newest: dict[tuple[AccountId, type], int] = {}

    def contact(self, account: AccountId, contact: ContactId) -> Contact | None:
        return self._contacts.get((account, contact))

    def contacts(
        self,
        account: AccountId,
        *,
        matching: str = "",
        after: ContactId | None = None,
        limit: int = 100,
    ) -> Sequence[Contact]:
        found = [
            one
            for one in _of(account, self._contacts.values())
            if one.id > (after or 0) and _matches(one, matching)
        ]
        return found[:limit]

    def contacts_named(self, account: AccountId, names: Collection[str]) -> Sequence[Contact]:
        return [one for one in _of(account, self._contacts.values()) if one.name in names]

    def contacts_in(self, account: AccountId, groups: Collection[GroupId]) -> Sequence[Contact]:
        found = {
            contact
            for owner, group, contact in self._contacts_in
            if owner == account and group in groups
        }
        return [self._contacts[account, contact] for contact in sorted(found)]

    def group(self, account: AccountId, group: GroupId) -> Group | None:
        return self._groups.get((account, group))

    def group_named(self, account: AccountId, name: str) -> Group | None:
        return next((one for one in self.groups(account) if one.name == name), None)

    def groups(self, account: AccountId) -> Sequence[Group]:
        return _of(account, self._groups.values())

    def nesting(self, account: AccountId) -> Sequence[tuple[GroupId, GroupId]]:
        return sorted((outer, inner) for owner, outer, inner in self._groups_in if owner == account)

    def memberships(
        self, account: AccountId, contacts: Collection[ContactId]
    ) -> Sequence[tuple[GroupId, ContactId]]:
        return sorted(
            (group, contact)
            for owner, group, contact in self._contacts_in
            if owner == account and contact in contacts
        )

    def newest_contact(self, account: AccountId) -> ContactId:
        return ContactId(self._newest.get((account, Contact), 0))

    def newest_group(self, account: AccountId) -> GroupId:
        return GroupId(self._newest.get((account, Group), 0))

    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        for contact in contacts:
            self._check(contact, self._contacts.values(), is_new=True)
            self._log.put(self._contacts, (contact.account, contact.id), contact)
            self._keep_newest(contact)

    def save_contact(self, contact: Contact) -> None:
        self._check(contact, self._contacts.values())
        self._log.put(self._contacts, (contact.account, contact.id), contact)

    def remove_contact(self, account: AccountId, contact: ContactId) -> None:
        if (account, contact) in self._contacts:
            self._log.drop(self._contacts, (account, contact))
        for group, _ in self.memberships(account, [contact]):
            self.leave(account, group, contacts=[contact])

    def add_group(self, group: Group) -> None:
        self._check(group, self._groups.values(), is_new=True)
        self._log.put(self._groups, (group.account, group.id), group)
        self._keep_newest(group)

    def save_group(self, group: Group) -> None:
        self._check(group, self._groups.values())
        self._log.put(self._groups, (group.account, group.id), group)

    def remove_group(self, account: AccountId, group: GroupId) -> None:
        if (account, group) in self._groups:
            self._log.drop(self._groups, (account, group))
        self.leave(account, group, contacts=[one.id for one in self.contacts_in(account, [group])])
        for outer, inner in self.nesting(account):
            if group in (outer, inner):
                self.leave(account, outer, groups=[inner])

    def join(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        for contact in contacts:
            self._log.put(self._contacts_in, (account, group, contact), None)
        for inner in groups:
            self._log.put(self._groups_in, (account, group, inner), None)

    def leave(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        for contact in contacts:
            if (account, group, contact) in self._contacts_in:
                self._log.drop(self._contacts_in, (account, group, contact))
        for inner in groups:
            if (account, group, inner) in self._groups_in:
                self._log.drop(self._groups_in, (account, group, inner))

    def shelves(self) -> Shelves:
        return {
            TraceKind.CONTACTS: Shelf(
                table=self._contacts,
                whose=("number", "email"),
                texts=("name", "email", "notes"),
                dropped=self._take_out,
            ),
            TraceKind.GROUPS: Shelf(table=self._groups, texts=("name",)),
        }

    def _take_out(self, key: tuple[AccountId, ContactId]) -> None:
        account, contact = key
        for group, _ in self.memberships(account, [contact]):
            self.leave(account, group, contacts=[contact])

    def _check(self, one: C, others: Iterable[C], *, is_new: bool = False) -> None:
        for other in _of(one.account, others):
            if (other.id == one.id and is_new) or (other.name == one.name and other.id != one.id):
                what = type(other).__name__.lower()
                raise Conflict(f"there is a {what} {other.name!r} with the id {other.id} already")

    def _keep_newest(self, one: Contact | Group) -> None:
        key = (one.account, type(one))
        self._log.put(self._newest, key, max(one.id, self._newest.get(key, 0)))


def _of(account: AccountId, values: Iterable[C]) -> list[C]:
    return sorted((one for one in values if one.account == account), key=lambda one: one.id)


def _matches(contact: Contact, text: str) -> bool:
    wanted = _lowered(text)
    number = contact.number.value if contact.number else ""
    return any(wanted in _lowered(one) for one in (contact.name, number, contact.email))


def _lowered(text: str) -> str:
    """Only ASCII letters, as most databases do it."""
    return "".join(char.lower() if char.isascii() else char for char in text)
