"""
Whom inbound rules name: they have to exist, and stay while rules name them.
"""

from collections.abc import Collection, Iterator, Sequence

from smscore.domain.accounts import Account
from smscore.domain.destinations import AutoReply, Forward, Recipients
from smscore.domain.directory import Contact, Group
from smscore.domain.inbound_rules import InboundRule
from smscore.errors import Conflict, InvalidRequest, NotFound
from smscore.ports.storage import DirectoryView, UnitOfWork, View
from smscore.services._naming import contact_called, group_called

__all__ = ["check_people", "check_unnamed", "named"]


def check_people(
    view: View | UnitOfWork, rules: Sequence[InboundRule], *, owners: Collection[str]
) -> None:
    """
    Let rules pass that can do what they say.

    ``owners`` are the accounts that channels belong to: a rule without an account acts for them.

    Raises:
        InvalidRequest: one acts for no account, or names whom none of its accounts knows.
    """
    for rule in rules:
        sends = [one for one in rule.destinations if isinstance(one, Forward | AutoReply)]
        if not sends:
            continue
        accounts = list(_accounts(view, rule, owners))
        if not accounts:
            raise InvalidRequest(
                f"rule {rule.name!r} sends for no account: no channel belongs to one; "
                "say for which with account"
            )
        for forward in _forwards(rule):
            if not any(_finds(view.directory, account, forward) for account in accounts):
                names = ", ".join(account.name for account in accounts)
                raise InvalidRequest(f"rule {rule.name!r}: there is no {forward.label} of {names}")


def check_unnamed(
    view: View | UnitOfWork, one: Contact | Group, *, owners: Collection[str]
) -> None:
    """
    Let go whom no rule in force names.

    Raises:
        Conflict: a rule does.
    """
    newest = view.routing.newest()
    for rule in newest.inbound if newest else ():
        for account in _accounts(view, rule, owners):
            if account.id != one.account:
                continue
            if any(_means(view.directory, account, forward, one) for forward in _forwards(rule)):
                kind = "contact" if isinstance(one, Contact) else "group"
                raise Conflict(
                    f"{kind} {one.name!r} is named by rule {rule.name!r}, and so cannot be "
                    "deleted; 'smscore rules export' shows the rules"
                )


def named(directory: DirectoryView, account: Account, forward: Forward) -> Contact | Group | None:
    """
    The contact or group that a forward means; None: it means neither.

    Raises:
        NotFound: there is none.
    """
    match forward.kind:
        case Recipients.CONTACT:
            return contact_called(directory, account.id, forward.to)
        case Recipients.GROUP:
            return group_called(directory, account.id, forward.to)
        case Recipients.NUMBER | Recipients.EMAIL:
            return None


def _finds(directory: DirectoryView, account: Account, forward: Forward) -> bool:
    try:
        named(directory, account, forward)
    except NotFound:
        return False
    return True


def _means(
    directory: DirectoryView, account: Account, forward: Forward, one: Contact | Group
) -> bool:
    return _finds(directory, account, forward) and named(directory, account, forward) == one


def _forwards(rule: InboundRule) -> Iterator[Forward]:
    return (one for one in rule.destinations if isinstance(one, Forward))


def _accounts(
    view: View | UnitOfWork, rule: InboundRule, owners: Collection[str]
) -> Iterator[Account]:
    for name in owners if rule.account is None else (rule.account,):
        account = view.accounts.named(name)
        if account is None and name == rule.account:
            raise InvalidRequest(f"rule {rule.name!r} acts for {name!r}: there is no such account")
        if account is not None:
            yield account
