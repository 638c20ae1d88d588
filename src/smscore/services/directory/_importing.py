"""
Taking cards over into a directory: what is known of them there, and writing what was planned.
"""

from collections.abc import Collection, Sequence

from smscore.domain.cards import LARGEST_ID, Card, CardKind, ImportPlan, Known
from smscore.domain.directory import Contact, ContactId
from smscore.domain.messages import AccountId
from smscore.ports.storage import Directory, DirectoryView

__all__ = ["known_of", "write_plan"]


def known_of(
    directory: DirectoryView, account: AccountId, cards: Sequence[Card], *, beyond: int
) -> Known:
    """What the directory holds of what these cards name; new ids are to be ``beyond`` that."""
    people = [card for card in cards if card.kind is CardKind.CONTACT]
    contacts = {
        one.name: one for one in directory.contacts_named(account, [card.name for card in people])
    }
    pairs = directory.memberships(account, [one.id for one in contacts.values()])
    return Known(
        account=account,
        contacts=contacts,
        groups={group.name: group for group in directory.groups(account)},
        owners=_owners(directory, account, people, contacts.values()),
        nesting=frozenset((outer, inner) for outer, inner in directory.nesting(account)),
        memberships=frozenset((group, contact) for group, contact in pairs),
        newest_contact=max(beyond, directory.newest_contact(account)),
        newest_group=directory.newest_group(account),
    )


def write_plan(directory: Directory, plan: ImportPlan) -> None:
    """
    Do what was planned.

    Raises:
        Conflict: the directory is not the one that the plan was made for.
    """
    for group in plan.added_groups:
        directory.add_group(group)
    directory.add_contacts(plan.added)
    for _, contact in plan.changed:
        directory.save_contact(contact)
    for group, contact in plan.joining:
        directory.join(group.account, group.id, contacts=[contact.id])
    for outer, inner in plan.nesting:
        directory.join(outer.account, outer.id, groups=[inner.id])


def _owners(
    directory: DirectoryView,
    account: AccountId,
    cards: Sequence[Card],
    contacts: Collection[Contact],
) -> dict[int, str]:
    owners = {int(contact.id): contact.name for contact in contacts}
    asked_for = {card.id for card in cards if card.id is not None and card.id <= LARGEST_ID}
    for number in asked_for - owners.keys():
        found = directory.contact(account, ContactId(number))
        if found is not None:
            owners[number] = found.name
    return owners
