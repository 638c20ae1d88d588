"""
Whom accounts know by name, and the phones that carry their messages.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from smscore.domain.devices import Device
from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.messages import AccountId

__all__ = ["Devices", "DevicesView", "Directory", "DirectoryView"]


class DirectoryView(Protocol):
    """Contacts and groups; each account has its own."""

    def contact(self, account: AccountId, contact: ContactId) -> Contact | None: ...

    def contacts(
        self,
        account: AccountId,
        *,
        matching: str = "",
        after: ContactId | None = None,
        limit: int = 100,
    ) -> Sequence[Contact]:
        """
        By id; ``after`` is the last one of the page before.

        ``matching`` is part of the name, the number or the e-mail address; of ASCII letters it
        does not matter whether they are capital.
        """
        ...

    def contacts_named(self, account: AccountId, names: Collection[str]) -> Sequence[Contact]:
        """Those that have one of these names, by id."""
        ...

    def contacts_in(self, account: AccountId, groups: Collection[GroupId]) -> Sequence[Contact]:
        """Those that are directly in at least one of these groups, each once, by id."""
        ...

    def group(self, account: AccountId, group: GroupId) -> Group | None: ...
    def group_named(self, account: AccountId, name: str) -> Group | None: ...

    def groups(self, account: AccountId) -> Sequence[Group]:
        """All of them, by id: they are few."""
        ...

    def nesting(self, account: AccountId) -> Sequence[tuple[GroupId, GroupId]]:
        """Each group that is directly in another one: the outer, the inner; in this order."""
        ...

    def memberships(
        self, account: AccountId, contacts: Collection[ContactId]
    ) -> Sequence[tuple[GroupId, ContactId]]:
        """Each group that these contacts are directly in, with the contact; in this order."""
        ...

    def newest_contact(self, account: AccountId) -> ContactId:
        """The highest id that a contact ever had, be it deleted; 0: there was none."""
        ...

    def newest_group(self, account: AccountId) -> GroupId:
        """The same for groups."""
        ...


class Directory(DirectoryView, Protocol):
    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        """Raises Conflict if one of the ids or names is taken; they are of one account."""
        ...

    def save_contact(self, contact: Contact) -> None:
        """Raises Conflict if another one has the name."""
        ...

    def remove_contact(self, account: AccountId, contact: ContactId) -> None:
        """It is in no group any more, either."""
        ...

    def add_group(self, group: Group) -> None:
        """Raises Conflict if the id or the name is taken."""
        ...

    def save_group(self, group: Group) -> None:
        """Raises Conflict if another one has the name."""
        ...

    def remove_group(self, account: AccountId, group: GroupId) -> None:
        """It holds nothing any more, and is in no group."""
        ...

    def join(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        """These are directly in the group from now on; those that were so before stay."""
        ...

    def leave(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        """These are not directly in the group any more."""
        ...


class DevicesView(Protocol):
    def get(self, account: AccountId, name: str) -> Device | None: ...

    def find(self, *, account: AccountId | None = None) -> Sequence[Device]:
        """All of them, by account and name; the one without a name comes first."""
        ...

    def silent(self, *, since: datetime, limit: int) -> Sequence[Device]:
        """
        Devices that were not seen since then, the longest silent ones first.

        None of an account that was polled without a name since then: that may have been any of its
        phones. And that without a name only if none of its account has polled.
        """
        ...


class Devices(DevicesView, Protocol):
    def put(self, device: Device) -> None:
        """Replaces the device of its account and name."""
        ...

    def keep_latest(self, account: AccountId, count: int) -> None:
        """Forget all of the account but those that were seen last."""
        ...

    def remove(self, account: AccountId, name: str) -> bool:
        """Whether there was one."""
        ...
