"""
The groups of accounts: who is in them, and how that changes.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import attrs

from smscore.domain.accounts import check_name
from smscore.domain.directory import Contact, Group, GroupId
from smscore.domain.membership import check_nesting, nesting_of
from smscore.domain.messages import AccountId
from smscore.errors import NotFound
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._auditing import Auditor
from smscore.services._naming import (
    Membership,
    check_unused,
    contact_called,
    group_called,
    members_of,
    membership_of,
)
from smscore.services._people import check_unnamed

__all__ = ["Groups"]

T = TypeVar("T")
C = TypeVar("C", Contact, Group)


class Groups:
    """Groups and contacts are named by their id or name; changes block until they are durable."""

    def __init__(self, *, store: Store, auditor: Auditor, owners: Collection[str]) -> None:
        self._store = store
        self._auditor = auditor
        self._owners = owners

    def get(self, account: AccountId, to: str) -> Membership:
        """
        A group by its id or name, with what is directly in it.

        Raises:
            NotFound: there is none.
        """
        return self._store.read(
            lambda view: membership_of(view.directory, group_called(view.directory, account, to))
        )

    def all(self, account: AccountId) -> Sequence[Group]:
        """All groups, by id."""
        return self._store.read(lambda view: view.directory.groups(account))

    def members(self, account: AccountId, to: str) -> Sequence[Contact]:
        """
        Everybody in a group, however deep, each once, by id.

        Raises:
            NotFound: there is no such group.
        """

        return self._store.read(
            lambda view: members_of(view.directory, group_called(view.directory, account, to))
        )

    def add(self, account: AccountId, name: str) -> Group:
        """
        Add a group with nobody in it; it gets the next id of the account's groups.

        Raises:
            InvalidRequest: the name cannot be used.
            Conflict: the name is taken.
        """
        check_name(name, of="a group")

        def work(work: UnitOfWork) -> Group:
            number = GroupId(work.directory.newest_group(account) + 1)
            group = Group(id=number, account=account, name=name)
            work.directory.add_group(group)
            return group

        return self._run(account, work, "group.added", lambda one: one.id)

    def rename(self, account: AccountId, to: str, name: str) -> Group:
        """
        Give a group another name.

        Raises:
            NotFound: there is none.
            InvalidRequest: the name cannot be used.
            Conflict: another one has the name.
        """
        check_name(name, of="a group")

        def work(work: UnitOfWork) -> Group:
            renamed = attrs.evolve(group_called(work.directory, account, to), name=name)
            work.directory.save_group(renamed)
            return renamed

        return self._run(account, work, "group.renamed", lambda one: one.id)

    def delete(self, account: AccountId, to: str) -> Group:
        """
        Delete a group that is in no other one, and that no rule names; who is in it stays in the
        directory.

        Raises:
            NotFound: there is none.
            Conflict: it is in groups, or a rule names it; the message says which.
        """

        def work(work: UnitOfWork) -> Group:
            group = group_called(work.directory, account, to)
            found = membership_of(work.directory, group)
            check_unused(f"group {group.name!r}", found.within)
            check_unnamed(work, group, owners=self._owners)
            work.directory.remove_group(account, group.id)
            return group

        return self._run(account, work, "group.deleted", lambda one: one.id)

    def join(
        self,
        account: AccountId,
        to: str,
        *,
        contacts: Sequence[str] = (),
        groups: Sequence[str] = (),
    ) -> Membership:
        """
        Put contacts and groups into a group: all of them or none.

        Raises:
            NotFound: one of them does not exist.
            InvalidRequest: a group would contain itself; the way round is named.
        """

        def work(work: UnitOfWork) -> Membership:
            outer = group_called(work.directory, account, to)
            work.directory.join(
                account,
                outer.id,
                contacts=[contact_called(work.directory, account, one).id for one in contacts],
            )
            for inner in groups:
                _nest(work, outer, group_called(work.directory, account, inner))
            return membership_of(work.directory, outer)

        return self._run(account, work, "group.joined", lambda found: found.group.id)

    def leave(
        self,
        account: AccountId,
        to: str,
        *,
        contacts: Sequence[str] = (),
        groups: Sequence[str] = (),
    ) -> Membership:
        """
        Take contacts and groups out of a group: all of them or none.

        Raises:
            NotFound: one of them does not exist, or is not directly in the group.
        """

        def work(work: UnitOfWork) -> Membership:
            outer = group_called(work.directory, account, to)
            before = membership_of(work.directory, outer)
            leaving = [contact_called(work.directory, account, one) for one in contacts]
            inner = [group_called(work.directory, account, one) for one in groups]
            _check_inside("contact", leaving, before.contacts, outer)
            _check_inside("group", inner, before.groups, outer)
            work.directory.leave(
                account,
                outer.id,
                contacts=[one.id for one in leaving],
                groups=[one.id for one in inner],
            )
            return membership_of(work.directory, outer)

        return self._run(account, work, "group.left", lambda found: found.group.id)

    def _run(
        self,
        account: AccountId,
        work: Callable[[UnitOfWork], T],
        what: str,
        subject: Callable[[T], object],
    ) -> T:
        noted = self._auditor.with_entry_of(work, what, subject, account=account)
        return commit(self._store, noted, accounts=[account])


def _nest(work: UnitOfWork, outer: Group, inner: Group) -> None:
    nesting = nesting_of(work.directory.nesting(outer.account))
    groups = work.directory.groups(outer.account)
    check_nesting(outer, inner, nesting=nesting, groups=groups)
    work.directory.join(outer.account, outer.id, groups=[inner.id])


def _check_inside(what: str, leaving: Sequence[C], inside: Sequence[C], outer: Group) -> None:
    for one in leaving:
        if one not in inside:
            raise NotFound(f"{what} {one.name!r} is not directly in group {outer.name!r}")
