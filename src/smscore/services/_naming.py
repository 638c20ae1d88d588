"""
Finding contacts and groups by what people call them: an id, or else a name.
"""

from collections.abc import Sequence

import attrs

from smscore.domain.accounts import is_name
from smscore.domain.directory import Contact, ContactId, Group, GroupId, as_id
from smscore.domain.membership import nesting_of, reached
from smscore.domain.messages import AccountId
from smscore.errors import Conflict, NotFound
from smscore.ports.storage import DirectoryView

__all__ = [
    "Membership",
    "check_unused",
    "contact_called",
    "group_called",
    "groups_with",
    "members_of",
    "membership_of",
]


@attrs.frozen(kw_only=True)
class Membership:
    """A group with what is directly in it, and what it is directly in; each by id."""

    group: Group
    contacts: Sequence[Contact]
    groups: Sequence[Group]
    within: Sequence[Group]


def contact_called(directory: DirectoryView, account: AccountId, to: str) -> Contact:
    """
    The contact that ``to`` means: digits are an id, or a name if no contact has this id.

    Raises:
        NotFound: it means none.
    """
    number = as_id(to)
    found = None if number is None else directory.contact(account, ContactId(number))
    if found is None and is_name(to):
        found = next(iter(directory.contacts_named(account, [to])), None)
    if found is None:
        raise NotFound(f"there is no contact {to[:70]!r}; 'smscore contact list' shows all")
    return found


def group_called(directory: DirectoryView, account: AccountId, to: str) -> Group:
    """
    The group that ``to`` means, in the same way.

    Raises:
        NotFound: it means none.
    """
    number = as_id(to)
    found = None if number is None else directory.group(account, GroupId(number))
    if found is None and is_name(to):
        found = directory.group_named(account, to)
    if found is None:
        raise NotFound(f"there is no group {to[:70]!r}; 'smscore group list' shows all")
    return found


def groups_with(directory: DirectoryView, contact: Contact) -> Sequence[Group]:
    """The groups that a contact is directly in, by id."""
    found = directory.memberships(contact.account, [contact.id])
    return _existing(directory, contact.account, [group for group, _ in found])


def membership_of(directory: DirectoryView, group: Group) -> Membership:
    """What is directly in a group, and what it is directly in."""
    account, nesting = group.account, directory.nesting(group.account)
    return Membership(
        group=group,
        contacts=directory.contacts_in(account, [group.id]),
        groups=_existing(
            directory, account, [inner for outer, inner in nesting if outer == group.id]
        ),
        within=_existing(
            directory, account, [outer for outer, inner in nesting if inner == group.id]
        ),
    )


def check_unused(what: str, groups: Sequence[Group]) -> None:
    """
    Let go what is in no group.

    Raises:
        Conflict: it is in these.
    """
    if groups:
        names = ", ".join(group.name for group in groups)
        raise Conflict(
            f"{what} is in {names}, and so cannot be deleted; "
            "'smscore group leave' takes it out first"
        )


def members_of(directory: DirectoryView, group: Group) -> Sequence[Contact]:
    """Everybody in a group, however deep, each once, by id."""
    nesting = nesting_of(directory.nesting(group.account))
    return directory.contacts_in(group.account, reached(group.id, nesting))


def _existing(
    directory: DirectoryView, account: AccountId, groups: Sequence[GroupId]
) -> Sequence[Group]:
    found = (directory.group(account, group) for group in sorted(groups))
    return [group for group in found if group is not None]
