"""
The contacts of accounts: look them up, add, change and delete them.
"""

from collections.abc import Callable, Collection, Sequence

import attrs

from smscore.domain.directory import Contact, ContactChanges, ContactId, Group
from smscore.domain.links import Link
from smscore.domain.messages import AccountId, clean_text
from smscore.domain.numbers import PhoneNumber
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._auditing import Auditor
from smscore.services._naming import check_unused, contact_called, groups_with
from smscore.services._people import check_unnamed
from smscore.services._settings import Settings

__all__ = ["Contacts"]


class Contacts:
    """Each is named by its id or name; changes block until they are durable."""

    def __init__(
        self, *, store: Store, auditor: Auditor, settings: Settings, owners: Collection[str]
    ) -> None:
        self._store = store
        self._auditor = auditor
        self._settings = settings
        self._owners = owners

    def get(self, account: AccountId, to: str) -> Contact:
        """
        A contact by its id or name.

        Raises:
            NotFound: there is none.
        """
        return self._store.read(lambda view: contact_called(view.directory, account, to))

    def find(
        self,
        account: AccountId,
        *,
        matching: str = "",
        after: ContactId | None = None,
        limit: int = 100,
    ) -> Sequence[Contact]:
        """
        Contacts by id; ``after`` is the last one of the page before.

        ``matching`` is part of the name, the number or the e-mail address.
        """
        matching = clean_text(matching)
        return self._store.read(
            lambda view: view.directory.contacts(
                account, matching=matching, after=after, limit=limit
            )
        )

    def groups_of(self, contact: Contact) -> Sequence[Group]:
        """The groups that a contact is directly in, by id."""
        return self._store.read(lambda view: groups_with(view.directory, contact))

    def links_of(self, contact: Contact) -> Sequence[Link]:
        """The links of a contact's number, such as to a chat of Telegram, by their channels."""
        if contact.number is None:
            return ()
        number = PhoneNumber.parse(contact.number.value, home=self._home(contact.account))
        return self._store.read(lambda view: view.links.of(number))

    def add(
        self,
        account: AccountId,
        name: str,
        *,
        number: str | None = None,
        email: str = "",
        notes: str = "",
    ) -> Contact:
        """
        Add a contact; it gets the next id of the account.

        Raises:
            InvalidRequest, InvalidNumber: a value cannot be used.
            Conflict: the name is taken.
        """
        wishes = ContactChanges(name=name, number=number, email=email, notes=notes)
        blank = Contact(id=ContactId(0), account=account, name=name)
        wished = wishes.apply(blank, home=self._home(account))

        def work(work: UnitOfWork) -> Contact:
            number = ContactId(work.directory.newest_contact(account) + 1)
            contact = attrs.evolve(wished, id=number)
            work.directory.add_contacts([contact])
            return contact

        return self._run(account, work, "contact.added")

    def change(self, account: AccountId, to: str, changes: ContactChanges) -> Contact:
        """
        Change a contact.

        Raises:
            NotFound: there is none.
            InvalidNumber: the number is not shaped like one.
            Conflict: another one has the name.
        """
        home = self._home(account)

        def work(work: UnitOfWork) -> Contact:
            changed = changes.apply(contact_called(work.directory, account, to), home=home)
            work.directory.save_contact(changed)
            return changed

        return self._run(account, work, "contact.changed")

    def delete(self, account: AccountId, to: str) -> Contact:
        """
        Delete a contact that is in no group, and that no rule names.

        Raises:
            NotFound: there is none.
            Conflict: it is in groups, or a rule names it; the message says which.
        """

        def work(work: UnitOfWork) -> Contact:
            contact = contact_called(work.directory, account, to)
            check_unused(f"contact {contact.name!r}", groups_with(work.directory, contact))
            check_unnamed(work, contact, owners=self._owners)
            work.directory.remove_contact(account, contact.id)
            return contact

        return self._run(account, work, "contact.deleted")

    def _home(self, account: AccountId) -> str | None:
        return self._settings.account(account).home_country

    def _run(self, account: AccountId, work: Callable[[UnitOfWork], Contact], what: str) -> Contact:
        # By its id: a name is a person's.
        noted = self._auditor.with_entry_of(work, what, lambda one: one.id, account=account)
        return commit(self._store, noted, accounts=[account])
