"""
The directory of an account: its contacts and groups, and the numbers that they stand for.
"""

from collections.abc import Sequence

from smscore.domain.directory import Contact, Group
from smscore.domain.membership import distinct_numbers
from smscore.domain.messages import AccountId
from smscore.errors import InvalidRequest
from smscore.ports.storage import Store, View
from smscore.services._contacts import Contacts
from smscore.services._groups import Groups
from smscore.services._naming import group_called, members_of
from smscore.services._settings import Settings

__all__ = ["Directory"]


class Directory:
    """
    Contacts and groups are named by their id or name: digits are an id first, and a name if there
    is no such id.
    """

    def __init__(self, *, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self.contacts = Contacts(store=store, settings=settings)
        self.groups = Groups(store=store)

    def contact_numbers(self, account: AccountId, to: str) -> Sequence[str]:
        """
        The number of a contact, in normal form.

        Raises:
            NotFound: there is no such contact.
            InvalidRequest: it has no number.
        """
        found = self.contacts.get(account, to)
        numbers = distinct_numbers([found], home=self._home(account))
        if not numbers:
            raise InvalidRequest(f"contact {found.name!r} has no number")
        return numbers

    def group_numbers(self, account: AccountId, to: str) -> Sequence[str]:
        """
        The numbers of everybody in a group, however deep, in normal form, each once.

        Raises:
            NotFound: there is no such group.
            InvalidRequest: nobody in it has a number.
        """

        def look(view: View) -> tuple[Group, Sequence[Contact]]:
            group = group_called(view.directory, account, to)
            return group, members_of(view.directory, group)

        group, contacts = self._store.read(look)
        numbers = distinct_numbers(contacts, home=self._home(account))
        if not numbers:
            raise InvalidRequest(f"nobody in group {group.name!r} has a number")
        return numbers

    def _home(self, account: AccountId) -> str | None:
        return self._settings.account(account).home_country
