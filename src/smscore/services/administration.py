"""
What operators do: accounts, credit, users, keys, tokens, modes of channels.

Longer than most modules, so that whoever looks for such a change has one place to look.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import attrs
from msgspec.structs import replace

from smscore.domain.accounts import Account, check_name
from smscore.domain.channels import ChannelMode, ChannelState
from smscore.domain.credentials import Permission, ProviderKey, QueueToken, User
from smscore.domain.messages import AccountId
from smscore.domain.numbers import SenderId
from smscore.domain.segments import DEFAULT_OPTIONS, EncodingOptions
from smscore.domain.settings import AccountChanges, check_amount, check_tariff, check_whole
from smscore.errors import InvalidRequest, NotFound
from smscore.ports.clock import Clock
from smscore.ports.identity import Authenticator, IssuedKey
from smscore.ports.storage import Store, UnitOfWork, View, commit
from smscore.services._auditing import Auditor

__all__ = ["Administration"]

T = TypeVar("T")
_SHORTEST_PASSWORD = 8
_LONGEST_LABEL = 64


class Administration:
    """Administrative changes; each blocks until it is durable."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        auditor: Auditor,
        authenticator: Callable[[], Authenticator],
        tariffs: Collection[str],
        channels: Collection[str] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._authenticator = authenticator
        self._tariffs = tariffs
        self._channels = channels

    def create_account(
        self,
        name: str,
        *,
        tariff: str = "standard",
        credits: int | None = None,
        monthly_limit: int | None = None,
        subscription_until: datetime | None = None,
        claim_lease: timedelta | None = None,
        home_country: str | None = None,
        time_zone: str = "UTC",
        default_sender: str | None = None,
        encoding: EncodingOptions = DEFAULT_OPTIONS,
    ) -> Account:
        """
        Create an account with its queue token; ``None`` leaves a thing unmetered, or off.

        Raises:
            InvalidRequest: a value is out of its range.
            Conflict: the name is taken.
        """
        wishes = AccountChanges(
            tariff=tariff,
            home_country=home_country,
            time_zone=time_zone,
            default_sender=SenderId.parse(default_sender) if default_sender else None,
            monthly_limit=monthly_limit,
            subscription_until=subscription_until,
            claim_lease=claim_lease,
        )
        check_tariff(tariff, known=self._tariffs)
        if credits is not None:
            check_amount(credits, "credits")
        blank = Account(id=AccountId(0), name=check_name(name, of="an account"), encoding=encoding)
        template = wishes.apply(blank)
        now = self._clock.now()
        account = self._run(
            lambda work: _open_account(work, template, credits=credits, now=now),
            "account.created",
            name,
        )
        self.renew_token(account.name)
        return account

    def credit(self, name: str, credits: int, *, why: str) -> Account:
        """
        Add credits to an account, or take some with a negative number.

        Raises:
            NotFound: there is no such account.
            InsufficientCredits: the balance would fall below zero.
            InvalidRequest: it is no whole number, or nothing, or has no reason.
        """
        check_whole(credits, "credits")
        if not why.strip():
            raise InvalidRequest("a change of credit needs a reason")
        if credits == 0:
            raise InvalidRequest("a change of 0 credits changes nothing")
        now = self._clock.now()

        def work(work: UnitOfWork) -> Account:
            account, entry = _named(work, name).top_up(credits=credits, now=now, why=why)
            work.accounts.save(account)
            if entry is not None:
                work.ledger.add(entry)
            return account

        return self._run(work, "account.credited", name, credits=credits)

    def change_account(
        self, name: str, changes: AccountChanges, *, is_metered: bool | None = None
    ) -> Account:
        """
        Change what an account may do; messages that were accepted before stay as they are.

        ``is_metered`` begins to count credits, from 0, or ends it: what is left is booked out, so
        that the entries go on to add up.

        Raises:
            NotFound: there is no such account.
            InvalidRequest: the tariff is not configured, or there cannot be so many parts.
        """
        if isinstance(changes.tariff, str):
            check_tariff(changes.tariff, known=self._tariffs)
        now = self._clock.now()

        def work(work: UnitOfWork) -> Account:
            changed = changes.apply(_named(work, name))
            if is_metered is not None:
                changed = _metered(work, changed, is_metered=is_metered, now=now)
            work.accounts.save(changed)
            return changed

        return self._run(work, "account.changed", name)

    def create_user(
        self, name: str, *, account: str, password: str, permissions: Collection[Permission]
    ) -> User:
        """
        Create a system user.

        Raises:
            Conflict: the name is taken, in whatever account.
            NotFound: there is no such account.
            InvalidRequest: the name or the password cannot be used.
        """
        check_name(name, of="a user")
        password_hash = self._hashed(password)

        def work(work: UnitOfWork) -> User:
            user = User(
                name=name,
                account=_named(work, account).id,
                password_hash=password_hash,
                permissions=frozenset(permissions),
            )
            work.credentials.add_user(user)
            return user

        return self._run(work, "user.created", name, account=account)

    def change_user(
        self,
        name: str,
        *,
        password: str | None = None,
        grant: Collection[Permission] = (),
        revoke: Collection[Permission] = (),
    ) -> User:
        """
        Change a user's password, permissions or both; its sessions and what was verified end.

        Raises:
            NotFound: there is no such user.
            InvalidRequest: the password cannot be used.
        """
        new_hash = None if password is None else self._hashed(password)

        def work(work: UnitOfWork) -> User:
            user = _user_named(work, name)
            changed = attrs.evolve(
                user,
                password_hash=new_hash or user.password_hash,
                permissions=user.permissions.union(grant).difference(revoke),
            )
            if changed != user:
                work.credentials.save_user(changed)
            return changed

        return self._run(work, "user.changed", name)

    def remove_user(self, name: str) -> User:
        """
        Remove a user, who is logged out everywhere; its account and messages stay.

        Raises:
            NotFound: there is no such user.
        """

        def work(work: UnitOfWork) -> User:
            user = _user_named(work, name)
            work.credentials.remove_user(name)
            return user

        return self._run(work, "user.removed", name)

    def users(self) -> Sequence[User]:
        """All system users."""
        return self._store.read(lambda view: view.credentials.users())

    def create_key(self, account: str, *, label: str = "") -> IssuedKey:
        """
        Issue a key of the provider API: its secret is in the answer and nowhere else.

        Raises:
            InvalidRequest: the label is too long, or not printable.
            NotFound: there is no such account.
        """
        if len(label) > _LONGEST_LABEL or not label.isprintable():
            raise InvalidRequest(
                f"the label {label[:_LONGEST_LABEL]!r} cannot be; "
                f"at most {_LONGEST_LABEL} printable characters are allowed"
            )
        issued, now = self._authenticator().new_key(), self._clock.now()

        def work(work: UnitOfWork) -> IssuedKey:
            owner = _named(work, account).id
            work.credentials.add_key(
                ProviderKey(digest=issued.digest, account=owner, created_at=now, label=label)
            )
            return issued

        return self._run(work, "key.created", account, label=label)

    def keys(self, account: str) -> Sequence[ProviderKey]:
        """
        The provider keys of an account, the oldest first.

        Raises:
            NotFound: there is no such account.
        """
        return self._store.read(lambda view: view.credentials.keys(_named(view, account).id))

    def remove_key(self, account: str, key_id: str) -> ProviderKey:
        """
        End a provider key: within a second every server refuses it. What it submitted stays.

        Raises:
            NotFound: there is no such account, or it has no such key.
        """

        def work(work: UnitOfWork) -> ProviderKey:
            found = work.credentials.keys(_named(work, account).id)
            key = next((one for one in found if one.id == key_id), None)
            if key is None:
                raise NotFound(
                    f"account {account!r} has no key {key_id!r}; "
                    f"'smscore key list --account {account}' shows all"
                )
            work.credentials.remove_key(key.digest)
            return key

        return self._run(work, "key.removed", account, key=key_id)

    def token(self, account: str) -> IssuedKey:
        """
        The account's queue token, derived again from the key file.

        Raises:
            NotFound: there is no such account.
        """
        found, token = self._store.read(
            lambda view: (
                (owner := view.accounts.named(account)),
                view.credentials.token_of(owner.id) if owner else None,
            )
        )
        if found is None:
            raise NotFound(f"there is no account {account!r}; 'smscore account list' shows all")
        if token is None:
            return self.renew_token(account)
        return self._authenticator().derive_token(found.id, generation=token.generation)

    def renew_token(self, account: str) -> IssuedKey:
        """
        Give the account a new queue token; the one before ends at once.

        Raises:
            NotFound: there is no such account.
        """
        authenticator = self._authenticator()

        def work(work: UnitOfWork) -> IssuedKey:
            owner = _named(work, account).id
            before = work.credentials.token_of(owner)
            generation = before.generation + 1 if before else 1
            issued = authenticator.derive_token(owner, generation=generation)
            work.credentials.set_token(
                QueueToken(digest=issued.digest, account=owner, generation=generation)
            )
            return issued

        return self._run(work, "token.issued", account)

    def set_channel_mode(self, channel: str, mode: ChannelMode, *, why: str = "") -> ChannelState:
        """
        Pause a channel, let it run empty, or let it work again; every server follows in a second.

        Raises:
            NotFound: no channel of this name is configured.
        """
        if channel not in self._channels:
            known = ", ".join(self._channels) or "none"
            raise NotFound(f"there is no channel {channel!r}; configured are: {known}")
        state = ChannelState(channel=channel, mode=mode, at=self._clock.now(), why=why)
        self._run(lambda work: work.channels.set(state), f"channel.{mode}", channel)
        return state

    def _hashed(self, password: str) -> str:
        if len(password) < _SHORTEST_PASSWORD:
            raise InvalidRequest(f"a password needs at least {_SHORTEST_PASSWORD} characters")
        return self._authenticator().hash_password(password)

    def _run(
        self,
        work: Callable[[UnitOfWork], T],
        what: str,
        subject: str,
        **detail: str | int | None,
    ) -> T:
        noted = self._auditor.with_entry(work, what, subject, **detail)
        return commit(self._store, noted)


def _open_account(
    work: UnitOfWork, template: Account, *, credits: int | None, now: datetime
) -> Account:
    number = max((account.id for account in work.accounts.all()), default=0) + 1
    account = replace(template, id=AccountId(number))
    if credits is None:
        work.accounts.add(account)
        return account
    funded, entry = account.top_up(credits=credits, now=now, why="opening balance")
    work.accounts.add(funded)
    if entry is not None and credits:
        work.ledger.add(entry)
    return funded


def _named(view: View, name: str) -> Account:
    account = view.accounts.named(name)
    if account is None:
        raise NotFound(f"there is no account {name!r}; 'smscore account list' shows all")
    return account


def _user_named(work: UnitOfWork, name: str) -> User:
    user = work.credentials.user(name)
    if user is None:
        raise NotFound(f"there is no user {name!r}; 'smscore user list' shows all")
    return user


def _metered(work: UnitOfWork, account: Account, *, is_metered: bool, now: datetime) -> Account:
    if is_metered:
        return replace(account, credits=account.credits or 0)
    if account.credits:
        account, entry = account.top_up(
            credits=-account.credits, now=now, why="credits are no longer counted"
        )
        if entry is not None:
            work.ledger.add(entry)
    return replace(account, credits=None)
