"""
Contacts, groups, and who is in them.
"""

from collections.abc import Collection, Sequence
from typing import Any

from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.messages import AccountId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import Conflict
from smscore_sqlmodel._columns import CONTACT_GROUPS, CONTACTS, DIRECTORY_IDS, MEMBERS
from smscore_sqlmodel._mapping import to_json
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import Statement, deletion, insertion, replacement, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Directory", "DirectoryView"]

_CONTACT, _GROUP = "contact", "group"  # the kinds of members, and of ids
_LISTED = "(SELECT value FROM json_each(?))"
_NAMED = "(SELECT atom FROM json_each(?))"

_CONTACT_BY_ID = selection(CONTACTS, "WHERE account = ? AND id = ?")
_CONTACTS = selection(CONTACTS, "WHERE account = ? AND id > ? ORDER BY id LIMIT ?")
# LIKE would take signs such as % and _ for more than they are.
_MATCHING = selection(
    CONTACTS,
    "WHERE account = ? AND id > ? AND (instr(lower(name), ?) OR instr(lower(email), ?) "
    "OR instr(number, ?)) ORDER BY id LIMIT ?",
)
# By the plus sign the names are looked up, and not all contacts gone through in order of their ids.
_CONTACTS_NAMED = selection(CONTACTS, f"WHERE account = ? AND name IN {_NAMED} ORDER BY +id")
_TAKEN_IDS = selection(CONTACTS, f"WHERE account = ? AND id IN {_LISTED}")
_CONTACTS_IN = selection(
    CONTACTS,
    "WHERE account = ? AND id IN ("  # noqa: S608  # nothing but constants
    "SELECT member FROM smscore_members "
    f"WHERE account = ? AND kind = 'contact' AND holder IN {_LISTED}) ORDER BY id",
)
_ADD_CONTACT = insertion(CONTACTS)
_SAVE_CONTACT = replacement(CONTACTS)
_REMOVE_CONTACT = deletion(CONTACTS, "WHERE account = ? AND id = ?")

_GROUP_BY_ID = selection(CONTACT_GROUPS, "WHERE account = ? AND id = ?")
_GROUP_NAMED = selection(CONTACT_GROUPS, "WHERE account = ? AND name = ?")
_GROUPS = selection(CONTACT_GROUPS, "WHERE account = ? ORDER BY id")
_ADD_GROUP = insertion(CONTACT_GROUPS)
_SAVE_GROUP = replacement(CONTACT_GROUPS)
_REMOVE_GROUP = deletion(CONTACT_GROUPS, "WHERE account = ? AND id = ?")

_NESTING = (
    "SELECT holder, member FROM smscore_members INDEXED BY smscore_members_member "
    "WHERE account = ? AND kind = 'group' ORDER BY holder, member"
)
_MEMBERSHIPS = (
    "SELECT holder, member FROM smscore_members "  # noqa: S608  # nothing but constants
    "INDEXED BY smscore_members_member WHERE account = ? AND kind = 'contact' "
    f"AND member IN {_LISTED} ORDER BY holder, member"
)
_JOIN = Statement(f"{insertion(MEMBERS).sql} ON CONFLICT DO NOTHING", 1)
_LEAVE = deletion(MEMBERS, "WHERE account = ? AND holder = ? AND kind = ? AND member = ?")
_FORGET_MEMBER = deletion(MEMBERS, "WHERE account = ? AND kind = ? AND member = ?")
_EMPTY = deletion(MEMBERS, "WHERE account = ? AND holder = ?")

_NEWEST = "SELECT newest FROM smscore_directory_ids WHERE account = ? AND kind = ?"
_KEEP_NEWEST = replacement(
    DIRECTORY_IDS, where="WHERE excluded.newest > smscore_directory_ids.newest"
)


class DirectoryView(Reads):
    def contact(self, account: AccountId, contact: ContactId) -> Contact | None:
        found = self._fetch(_CONTACT_BY_ID, (account, contact))
        return _contact_of(found[0]) if found else None

    def contacts(
        self,
        account: AccountId,
        *,
        matching: str = "",
        after: ContactId | None = None,
        limit: int = 100,
    ) -> Sequence[Contact]:
        first = (account, after or 0)
        if not matching:
            return self._contacts(_CONTACTS, (*first, limit))
        wanted = _lowered(matching)
        return self._contacts(_MATCHING, (*first, wanted, wanted, wanted, limit))

    def contacts_named(self, account: AccountId, names: Collection[str]) -> Sequence[Contact]:
        return self._contacts(_CONTACTS_NAMED, (account, _listed(names)))

    def contacts_in(self, account: AccountId, groups: Collection[GroupId]) -> Sequence[Contact]:
        return self._contacts(_CONTACTS_IN, (account, account, _listed(groups)))

    def group(self, account: AccountId, group: GroupId) -> Group | None:
        found = self._fetch(_GROUP_BY_ID, (account, group))
        return _group_of(found[0]) if found else None

    def group_named(self, account: AccountId, name: str) -> Group | None:
        found = self._fetch(_GROUP_NAMED, (account, name))
        return _group_of(found[0]) if found else None

    def groups(self, account: AccountId) -> Sequence[Group]:
        return [_group_of(cells) for cells in self._fetch(_GROUPS, (account,))]

    def nesting(self, account: AccountId) -> Sequence[tuple[GroupId, GroupId]]:
        return self._fetch(_NESTING, (account,))

    def memberships(
        self, account: AccountId, contacts: Collection[ContactId]
    ) -> Sequence[tuple[GroupId, ContactId]]:
        return self._fetch(_MEMBERSHIPS, (account, _listed(contacts)))

    def newest_contact(self, account: AccountId) -> ContactId:
        return ContactId(self._newest(account, _CONTACT))

    def newest_group(self, account: AccountId) -> GroupId:
        return GroupId(self._newest(account, _GROUP))

    def _contacts(self, sql: str, parameters: Cells) -> Sequence[Contact]:
        return [_contact_of(cells) for cells in self._fetch(sql, parameters)]

    def _newest(self, account: AccountId, kind: str) -> int:
        found = self._fetch(_NEWEST, (account, kind))
        return found[0][0] if found else 0

    def _fetch(self, sql: str, parameters: Cells) -> list[Any]:
        self._session.settle()
        return self._session.fetch(sql, parameters)


class Directory(Writes, DirectoryView):
    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        if not contacts:
            return
        account = contacts[0].account
        taken = [
            *self.contacts_named(account, [one.name for one in contacts]),
            *self._contacts(_TAKEN_IDS, (account, _listed([one.id for one in contacts]))),
        ]
        if taken:
            raise Conflict(_taken_by(taken[0]))
        for contact in contacts:
            self._writer.write(_ADD_CONTACT, _contact_cells(contact))
        self._keep_newest(account, _CONTACT, max(contact.id for contact in contacts))

    def save_contact(self, contact: Contact) -> None:
        for other in self.contacts_named(contact.account, [contact.name]):
            if other.id != contact.id:
                raise Conflict(_taken_by(other))
        self._writer.write(_SAVE_CONTACT, _contact_cells(contact))

    def remove_contact(self, account: AccountId, contact: ContactId) -> None:
        self._writer.change(_REMOVE_CONTACT, (account, contact))
        self._writer.change(_FORGET_MEMBER, (account, _CONTACT, contact))

    def add_group(self, group: Group) -> None:
        taken = self.group_named(group.account, group.name) or self.group(group.account, group.id)
        if taken is not None:
            raise Conflict(_taken_by(taken))
        self._writer.write(_ADD_GROUP, (group.account, group.id, group.name))
        self._keep_newest(group.account, _GROUP, group.id)

    def save_group(self, group: Group) -> None:
        other = self.group_named(group.account, group.name)
        if other is not None and other.id != group.id:
            raise Conflict(_taken_by(other))
        self._writer.write(_SAVE_GROUP, (group.account, group.id, group.name))

    def remove_group(self, account: AccountId, group: GroupId) -> None:
        self._writer.change(_REMOVE_GROUP, (account, group))
        self._writer.change(_FORGET_MEMBER, (account, _GROUP, group))
        self._writer.change(_EMPTY, (account, group))

    def join(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        for cells in _memberships(account, group, contacts, groups):
            self._writer.write(_JOIN, cells)

    def leave(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        for cells in _memberships(account, group, contacts, groups):
            self._writer.change(_LEAVE, cells)

    def _keep_newest(self, account: AccountId, kind: str, newest: int) -> None:
        self._writer.write(_KEEP_NEWEST, (account, kind, newest))


def _contact_cells(contact: Contact) -> Cells:
    return (
        contact.account,
        contact.id,
        contact.name,
        contact.number.value if contact.number else None,
        contact.email,
        contact.notes,
    )


def _contact_of(cells: Cells) -> Contact:
    account, number_of_contact, name, number, email, notes = cells
    return Contact(
        id=ContactId(number_of_contact),
        account=AccountId(account),
        name=name,
        number=None if number is None else PhoneNumber(number),
        email=email,
        notes=notes,
    )


def _group_of(cells: Cells) -> Group:
    account, group, name = cells
    return Group(id=GroupId(group), account=AccountId(account), name=name)


def _memberships(
    account: AccountId, group: GroupId, contacts: Collection[ContactId], groups: Collection[GroupId]
) -> list[Cells]:
    return [
        *((account, group, _CONTACT, contact) for contact in contacts),
        *((account, group, _GROUP, inner) for inner in groups),
    ]


def _listed(values: Collection[str] | Collection[int]) -> str:
    return to_json(list(values)).decode()


def _lowered(text: str) -> str:
    """As SQLite's ``lower`` does it: letters beyond ASCII stay as they are."""
    return "".join(char.lower() if char.isascii() else char for char in text)


def _taken_by(other: Contact | Group) -> str:
    what = "contact" if isinstance(other, Contact) else "group"
    return f"there is a {what} {other.name!r} with the id {other.id} already"
