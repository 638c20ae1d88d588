"""
What operators do: accounts, credit, users, keys, tokens, rules.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from smscore.domain.accounts import Account, changed_options, check_name
from smscore.domain.credentials import Permission, ProviderKey, QueueToken, User
from smscore.domain.languages import Language
from smscore.domain.messages import AccountId
from smscore.domain.numbers import SenderId, is_country
from smscore.domain.routing import Route, Topology
from smscore.domain.segments import DEFAULT_OPTIONS, EncodingOptions
from smscore.errors import InvalidRequest, NotFound
from smscore.ports.clock import Clock
from smscore.ports.identity import Authenticator, IssuedKey
from smscore.ports.storage import Lane, Store, UnitOfWork

__all__ = ["Administration"]

T = TypeVar("T")
_SHORTEST_PASSWORD = 8


class Administration:
    """Administrative changes; each blocks until it is durable."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        authenticator: Callable[[], Authenticator],
        topology: Topology,
        tariffs: Collection[str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._authenticator = authenticator
        self._topology = topology
        self._tariffs = tariffs

    def create_account(
        self,
        name: str,
        *,
        tariff: str = "standard",
        credits: int | None = None,
        monthly_limit: int | None = None,
        subscription_until: datetime | None = None,
        home_country: str | None = None,
        time_zone: str = "UTC",
        default_sender: str | None = None,
        encoding: EncodingOptions = DEFAULT_OPTIONS,
    ) -> Account:
        """
        Create an account with its queue token; ``None`` leaves a thing unmetered.

        Raises:
            InvalidRequest: a value is out of its range.
            Conflict: the name is taken.
        """
        self._check_settings(tariff, home_country, time_zone)
        _check_amount(credits, "credits")
        _check_amount(monthly_limit, "the monthly limit")
        template = Account(
            id=AccountId(0),
            name=check_name(name, of="an account"),
            tariff=tariff,
            home_country=home_country,
            time_zone=time_zone,
            default_sender=SenderId.parse(default_sender) if default_sender else None,
            monthly_limit=monthly_limit,
            subscription_until=subscription_until,
            encoding=encoding,
        )
        now = self._clock.now()
        account = self._run(lambda work: _open_account(work, template, credits=credits, now=now))
        self.renew_token(account.name)
        return account

    def credit(self, name: str, credits: int, *, why: str) -> Account:
        """
        Add credits to an account, or take some with a negative number.

        Raises:
            NotFound: there is no such account.
            InsufficientCredits: the balance would fall below zero.
        """
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

        return self._run(work)

    def set_encoding(
        self,
        name: str,
        *,
        languages: Iterable[Language] | None = None,
        wide_reference: bool | None = None,
        replace_typography: bool | None = None,
        max_parts: int | None = None,
    ) -> Account:
        """
        Change what an account's texts may use; ``None`` leaves a thing as it is.

        Messages that were accepted before are sent as they were accepted.

        Raises:
            NotFound: there is no such account.
            InvalidRequest: there cannot be so many parts, or so few.
        """
        wanted = None if languages is None else tuple(languages)

        def work(work: UnitOfWork) -> Account:
            account = _named(work, name)
            options = changed_options(
                account.encoding,
                languages=wanted,
                wide_reference=wide_reference,
                replace_typography=replace_typography,
                max_parts=max_parts,
            )
            changed = attrs.evolve(account, encoding=options)
            work.accounts.save(changed)
            return changed

        return self._run(work)

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
        if len(password) < _SHORTEST_PASSWORD:
            raise InvalidRequest(f"a password needs at least {_SHORTEST_PASSWORD} characters")
        password_hash = self._authenticator().hash_password(password)

        def work(work: UnitOfWork) -> User:
            user = User(
                name=name,
                account=_named(work, account).id,
                password_hash=password_hash,
                permissions=frozenset(permissions),
            )
            work.credentials.add_user(user)
            return user

        return self._run(work)

    def users(self) -> Sequence[User]:
        """All system users."""
        return self._store.read(lambda view: view.credentials.users())

    def create_key(self, account: str, *, label: str = "") -> IssuedKey:
        """
        Issue a key of the provider API: its secret is in the answer and nowhere else.

        Raises:
            NotFound: there is no such account.
        """
        issued, now = self._authenticator().new_key(), self._clock.now()

        def work(work: UnitOfWork) -> IssuedKey:
            owner = _named(work, account).id
            work.credentials.add_key(
                ProviderKey(digest=issued.digest, account=owner, created_at=now, label=label)
            )
            return issued

        return self._run(work)

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

        return self._run(work)

    def apply_rules(self, routes: Sequence[Route]) -> None:
        """
        Replace the routing rules by these.

        Raises:
            InvalidRequest: a rule names an unknown channel, or two have one name.
        """
        names = [route.name for route in routes]
        for name in names:
            if names.count(name) > 1:
                raise InvalidRequest(f"two rules are called {name!r}")
        for route in routes:
            self._topology.check(route)
        self._run(lambda work: work.routing.replace(routes))

    def rules(self) -> Sequence[Route]:
        """The routing rules in their order."""
        return self._store.read(lambda view: view.routing.routes())

    def _check_settings(self, tariff: str, home_country: str | None, time_zone: str) -> None:
        if tariff not in self._tariffs:
            raise InvalidRequest(
                f"there is no tariff {tariff!r}; configured are: {', '.join(self._tariffs)}"
            )
        if home_country is not None and not is_country(home_country):
            raise InvalidRequest(
                f"{home_country!r} is not a country; use two capital letters such as DE"
            )
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
            raise InvalidRequest(
                f"{time_zone!r} is not a time zone; use a name such as Europe/Berlin"
            ) from cause

    def _run(self, work: Callable[[UnitOfWork], T]) -> T:
        return self._store.run(work, lane=Lane.CUSTODY).result()


def _open_account(
    work: UnitOfWork, template: Account, *, credits: int | None, now: datetime
) -> Account:
    number = max((account.id for account in work.accounts.all()), default=0) + 1
    account = attrs.evolve(template, id=AccountId(number))
    if credits is None:
        work.accounts.add(account)
        return account
    funded, entry = account.top_up(credits=credits, now=now, why="opening balance")
    work.accounts.add(funded)
    if entry is not None and credits:
        work.ledger.add(entry)
    return funded


def _named(work: UnitOfWork, name: str) -> Account:
    account = work.accounts.named(name)
    if account is None:
        raise NotFound(f"there is no account {name!r}; 'smscore account list' shows all")
    return account


def _check_amount(amount: int | None, what: str) -> None:
    if amount is not None and not 0 <= amount < 2**53:
        raise InvalidRequest(f"{what} must be 0 or more and below 2^53, not {amount}")
