"""
The directory of an account: its contacts and groups, and the numbers that they stand for.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs

from smscore.domain.audit import AuditEntry
from smscore.domain.cards import Card, CardKind, ImportPlan, newest_asked_for, plan_import
from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.membership import distinct_numbers, distinct_recipients
from smscore.domain.messages import AccountId
from smscore.errors import InvalidRequest, RejectedItems
from smscore.ports.storage import DirectoryView, Store, UnitOfWork, View, commit
from smscore.services._auditing import Auditor
from smscore.services._naming import Membership, group_called, members_of
from smscore.services._settings import Settings
from smscore.services.directory._contacts import Contacts
from smscore.services.directory._groups import Groups
from smscore.services.directory._importing import known_of, write_plan

__all__ = ["Directory", "Membership"]

Page: TypeAlias = tuple[Sequence[Contact], Mapping[ContactId, Sequence[GroupId]]]

_AT_ONCE = 200
"""Cards in one unit of work: it takes some milliseconds, and others get their turn."""


class Directory:
    """
    Contacts and groups are named by their id or name: digits are an id first, and a name if there
    is no such id. ``owners`` are the accounts that channels belong to: what rules for them name
    stays.
    """

    def __init__(
        self,
        *,
        store: Store,
        auditor: Auditor,
        settings: Settings,
        owners: Collection[str] = (),
    ) -> None:
        self._store = store
        self._auditor = auditor
        self._settings = settings
        self.contacts = Contacts(store=store, auditor=auditor, settings=settings, owners=owners)
        self.groups = Groups(store=store, auditor=auditor, owners=owners)

    def contact_numbers(self, account: AccountId, to: str) -> Sequence[str]:
        """
        The number of a contact, in normal form.

        Raises:
            NotFound: there is no such contact.
            InvalidRequest: it has no number.
        """
        found = self.contacts.get(account, to)
        numbers = distinct_numbers([found], home=self._home(account))
        return _some(numbers, f"contact {found.name!r} has no number")

    def group_numbers(self, account: AccountId, to: str) -> Sequence[str]:
        """
        The numbers of everybody in a group, however deep, in normal form, each once.

        Raises:
            NotFound: there is no such group.
            InvalidRequest: nobody in it has a number.
        """
        group, contacts = self._members(account, to)
        numbers = distinct_numbers(contacts, home=self._home(account))
        return _some(numbers, f"nobody in group {group.name!r} has a number")

    def contact_recipients(self, account: AccountId, to: str) -> Sequence[str]:
        """
        The number of a contact, or else its e-mail address, in normal form.

        Raises:
            NotFound: there is no such contact.
            InvalidRequest: it has neither.
        """
        found = self.contacts.get(account, to)
        recipients = distinct_recipients([found], home=self._home(account))
        return _some(recipients, f"contact {found.name!r} has neither a number nor an address")

    def group_recipients(self, account: AccountId, to: str) -> Sequence[str]:
        """
        The same of everybody in a group, however deep, each once.

        Raises:
            NotFound: there is no such group.
            InvalidRequest: nobody in it has a number or an address.
        """
        group, contacts = self._members(account, to)
        recipients = distinct_recipients(contacts, home=self._home(account))
        return _some(recipients, f"nobody in group {group.name!r} has a number or an address")

    def preview(self, account: AccountId, cards: Sequence[Card]) -> ImportPlan:
        """What :meth:`take_over` would change, or the faults for which it would change nothing."""
        home, beyond = self._home(account), newest_asked_for(cards)
        known = self._store.read(
            lambda view: known_of(view.directory, account, cards, beyond=beyond)
        )
        return plan_import(cards, known, home=home)

    def take_over(
        self,
        account: AccountId,
        cards: Sequence[Card],
        *,
        progress: Callable[[int], object] | None = None,
    ) -> ImportPlan:
        """
        Add and change contacts and groups as cards say; blocks until all of it is durable.

        A fault in any card keeps all of them out. Many cards are taken over a few hundred at a
        time, and ``progress`` is told how many are done; if that is interrupted, or somebody else
        makes a later one impossible meanwhile, taking over all of them again does the rest.

        Raises:
            RejectedItems: cards have faults; the reasons are by the lines of the cards.
        """
        plan = self.preview(account, cards)
        _check(plan)
        home, beyond = self._home(account), newest_asked_for(cards)
        for start in range(0, len(cards), _AT_ONCE):
            some = cards[start : start + _AT_ONCE]
            entry = self._auditor.entry("directory.imported", "cards", account=account)

            def work(
                work: UnitOfWork, some: Sequence[Card] = some, entry: AuditEntry = entry
            ) -> None:
                known = known_of(work.directory, account, some, beyond=beyond)
                planned = plan_import(some, known, home=home)
                _check(planned)
                write_plan(work.directory, planned)
                if counts := _counts(planned):
                    work.audit.add(attrs.evolve(entry, detail={**entry.detail, **counts}))

            commit(self._store, work, accounts=[account])
            if progress is not None:
                progress(start + len(some))
        return plan

    def cards(self, account: AccountId) -> Iterator[Card]:
        """The whole directory as cards, groups first; read a few hundred at a time."""
        names, nesting = self._store.read(
            lambda view: (
                {group.id: group.name for group in view.directory.groups(account)},
                view.directory.nesting(account),
            )
        )
        for line, (group, name) in enumerate(names.items(), start=1):
            within = tuple(names[outer] for outer, inner in nesting if inner == group)
            yield Card(line=line, kind=CardKind.GROUP, name=name, groups=within)
        for line, (contact, groups) in enumerate(self._contacts(account), start=len(names) + 1):
            yield Card(
                line=line,
                name=contact.name,
                id=contact.id,
                number=contact.number.value if contact.number else None,
                email=contact.email,
                notes=contact.notes,
                groups=tuple(names[group] for group in groups if group in names),
            )

    def _members(self, account: AccountId, to: str) -> tuple[Group, Sequence[Contact]]:
        def look(view: View) -> tuple[Group, Sequence[Contact]]:
            group = group_called(view.directory, account, to)
            return group, members_of(view.directory, group)

        return self._store.read(look)

    def _contacts(self, account: AccountId) -> Iterator[tuple[Contact, Sequence[GroupId]]]:
        last: ContactId | None = None
        while True:

            def look(view: View, after: ContactId | None = last) -> Page:
                return _page(view.directory, account, after)

            page, groups = self._store.read(look)
            for contact in page:
                yield contact, groups[contact.id]
            if len(page) < _AT_ONCE:
                return
            last = page[-1].id

    def _home(self, account: AccountId) -> str | None:
        return self._settings.account(account).home_country


def _some(found: Sequence[str], nobody: str) -> Sequence[str]:
    if not found:
        raise InvalidRequest(nobody)
    return found


def _counts(plan: ImportPlan) -> dict[str, int]:
    """How much of each kind is changed, as far as anything is."""
    counts = {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "groups_added": len(plan.added_groups),
        "joined": len(plan.joining) + len(plan.nesting),
    }
    return {name: count for name, count in counts.items() if count}


def _check(plan: ImportPlan) -> None:
    if plan.faults:
        raise RejectedItems(
            f"nothing is taken over, since {len(plan.faults)} of the cards cannot be; "
            f"the first is in {plan.faults[0]}",
            reasons={fault.line: InvalidRequest(fault.reason) for fault in plan.faults},
        )


def _page(directory: DirectoryView, account: AccountId, after: ContactId | None) -> Page:
    page = directory.contacts(account, after=after, limit=_AT_ONCE)
    groups: dict[ContactId, list[GroupId]] = {contact.id: [] for contact in page}
    for group, contact in directory.memberships(account, list(groups)):
        groups[contact].append(group)
    return page, groups
