"""
The store contract: accounts and their ledger, credentials, rules.
"""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore.domain.accounts import Account
from smscore.domain.credentials import Permission, ProviderKey, QueueToken, User
from smscore.domain.languages import Language
from smscore.domain.ledger import EntryKind
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.numbers import SenderId
from smscore.domain.segments import EncodingOptions
from smscore.errors import Conflict
from smscore.ports.storage import Store, Topic
from smscore.testing._store_kit import an_entry, do, do_each, open_account
from smscore.testing.builders import a_user, an_account
from smscore.testing.fakes import NOON

__all__ = ["AccountsContract"]

_EVERYTHING = Account(
    id=AccountId(2**53),
    name="full",
    tariff="enterprise",
    home_country="DE",
    time_zone="Europe/Berlin",
    default_sender=SenderId("ACME 1"),
    credits=0,
    monthly_limit=2**40,
    used=7,
    month="2026-03",
    other_months=(("2026-02", 17), ("2026-04", 0)),
    subscription_until=NOON + timedelta(days=30, microseconds=1),
    encoding=EncodingOptions(
        languages=(Language.TURKISH, Language.SPANISH),
        wide_reference=True,
        replace_typography=True,
        max_parts=255,
    ),
)


class AccountsContract:
    """What operators set, and what accounts spend, comes back as it was."""

    # Accounts and their ledger.

    @pytest.mark.parametrize("account", [_EVERYTHING, an_account()])
    def test_an_account_comes_back_as_it_was(self, store: Store, account: Account) -> None:
        do(store, lambda work: work.accounts.add(account))

        assert store.read(lambda view: view.accounts.get(account.id)) == account
        assert store.read(lambda view: view.accounts.named(account.name)) == account
        assert do(store, lambda work: work.accounts.get(account.id)) == account
        assert do(store, lambda work: work.accounts.named(account.name)) == account

    def test_an_unknown_account_is_none(self, store: Store) -> None:
        assert store.read(lambda view: view.accounts.get(AccountId(404))) is None
        assert store.read(lambda view: view.accounts.named("nobody")) is None
        assert do(store, lambda work: work.accounts.get(AccountId(404))) is None

    def test_all_accounts_are_listed(self, store: Store) -> None:
        accounts = [open_account(store, id=number, name=f"a{number}") for number in (2, 1, 3)]

        listed = store.read(lambda view: view.accounts.all())

        assert sorted(listed, key=lambda one: one.id) == sorted(accounts, key=lambda one: one.id)

    @pytest.mark.parametrize("taken", [{"id": 2}, {"name": "other"}])
    def test_a_taken_id_or_name_is_a_conflict(self, store: Store, taken: dict[str, object]) -> None:
        before = open_account(store)

        with pytest.raises(Conflict):
            open_account(store, **taken)

        assert list(store.read(lambda view: view.accounts.all())) == [before]

    def test_an_account_is_saved(self, store: Store) -> None:
        account = open_account(store, credits=10)

        saved = replace(account, credits=3, used=2, month="2026-03", tariff="enterprise")
        do(store, lambda work: work.accounts.save(saved))

        assert store.read(lambda view: view.accounts.get(account.id)) == saved

    @pytest.mark.parametrize(
        "encoding",
        [
            EncodingOptions(),
            EncodingOptions(languages=tuple(Language)),
            EncodingOptions(wide_reference=True),
            EncodingOptions(replace_typography=True, max_parts=1),
        ],
    )
    def test_an_account_keeps_what_it_allows(self, store: Store, encoding: EncodingOptions) -> None:
        account = open_account(store, encoding=EncodingOptions(languages=(Language.URDU,)))

        do(store, lambda work: work.accounts.save(replace(account, encoding=encoding)))

        found = store.read(lambda view: view.accounts.get(account.id))
        assert found is not None
        assert found.encoding == encoding

    def test_the_ledger_shows_the_newest_entries_first(self, store: Store) -> None:
        entries = [
            an_entry(credits=10, balance=10, why="Ünïcode"),
            an_entry(kind=EntryKind.CHARGE, credits=-3, balance=7, message=MessageId(5)),
            an_entry(kind=EntryKind.REFUND, credits=1, balance=8, message=MessageId(5)),
        ]
        do_each(store, entries, lambda work, entry: work.ledger.add(entry))
        do(store, lambda work: work.ledger.add(an_entry(account=AccountId(2))))

        account = AccountId(1)
        assert list(store.read(lambda view: view.ledger.of(account))) == entries[::-1]
        assert list(store.read(lambda view: view.ledger.of(account, limit=1))) == entries[-1:]

    def test_the_ledger_can_be_asked_for_the_entries_of_some_time(self, store: Store) -> None:
        entries = [an_entry(at=NOON + timedelta(minutes=minute)) for minute in range(4)]
        do_each(store, entries, lambda work, entry: work.ledger.add(entry))

        account, begin, end = AccountId(1), entries[1].at, entries[3].at
        seen = store.read(lambda view: view.ledger.of(account, since=begin, until=end))
        assert list(seen) == [entries[2], entries[1]]
        assert list(store.read(lambda view: view.ledger.of(account, since=end))) == entries[3:]
        assert list(store.read(lambda view: view.ledger.of(account, until=begin))) == entries[:1]
        newest = store.read(lambda view: view.ledger.of(account, since=begin, until=end, limit=1))
        assert list(newest) == [entries[2]]

    def test_the_ledger_sums_one_account(self, store: Store) -> None:
        entries = [
            an_entry(credits=credits, account=AccountId(account))
            for credits, account in ((10, 1), (-3, 1), (100, 2))
        ]
        do_each(store, entries, lambda work, entry: work.ledger.add(entry))

        assert store.read(lambda view: view.ledger.total(AccountId(1))) == 7
        assert store.read(lambda view: view.ledger.total(AccountId(3))) == 0

    # Credentials.

    def test_a_user_comes_back_by_name(self, store: Store) -> None:
        user = User(
            name="api.user",
            account=AccountId(1),
            password_hash="unusable",  # noqa: S106  # a made-up one
            permissions=frozenset({Permission.API_SEND, Permission.ADMIN}),
        )
        do(store, lambda work: work.credentials.add_user(user))

        assert store.read(lambda view: view.credentials.user("api.user")) == user
        assert store.read(lambda view: view.credentials.user("API.USER")) is None
        assert list(store.read(lambda view: view.credentials.users())) == [user]

    def test_a_user_name_is_unique_among_all_accounts(self, store: Store) -> None:
        user = a_user()
        do(store, lambda work: work.credentials.add_user(user))

        with pytest.raises(Conflict):
            do(store, lambda work: work.credentials.add_user(a_user(account=AccountId(2))))

        assert store.read(lambda view: view.credentials.user(user.name)) == user

    def test_a_user_is_saved(self, store: Store) -> None:
        do(store, lambda work: work.credentials.add_user(a_user()))

        changed = a_user(password_hash="another")  # noqa: S106  # a made-up one
        do(store, lambda work: work.credentials.save_user(changed))

        assert store.read(lambda view: view.credentials.user(changed.name)) == changed

    def test_a_removed_user_is_gone_and_the_name_free(self, store: Store) -> None:
        do_each(
            store, ("one", "two"), lambda work, name: work.credentials.add_user(a_user(name=name))
        )
        wakeup = store.wakeup(Topic.CREDENTIALS)

        assert do(store, lambda work: work.credentials.remove_user("one"))
        assert not do(store, lambda work: work.credentials.remove_user("one"))

        assert wakeup.wait(0)
        assert [one.name for one in store.read(lambda view: view.credentials.users())] == ["two"]
        do(store, lambda work: work.credentials.add_user(a_user(name="one")))

    def test_a_provider_key_comes_back_by_its_digest(self, store: Store) -> None:
        key = ProviderKey(digest="d" * 64, account=AccountId(1), created_at=NOON, label="app")
        do(store, lambda work: work.credentials.add_key(key))

        assert store.read(lambda view: view.credentials.key("d" * 64)) == key
        assert store.read(lambda view: view.credentials.key("e" * 64)) is None

    def test_the_provider_keys_of_an_account_are_found_the_oldest_first(self, store: Store) -> None:
        keys = [
            ProviderKey(
                digest=digest,
                account=AccountId(account),
                created_at=NOON + timedelta(hours=hour),
                label=digest,
            )
            for digest, account, hour in (("d", 1, 2), ("e", 1, 1), ("f", 2, 0), ("a", 1, 2))
        ]
        do_each(store, keys, lambda work, key: work.credentials.add_key(key))

        found = store.read(lambda view: view.credentials.keys(AccountId(1)))

        assert list(found) == [keys[1], keys[3], keys[0]]

    def test_a_provider_key_is_removed(self, store: Store) -> None:
        keys = [
            ProviderKey(digest=digest, account=AccountId(1), created_at=NOON) for digest in "de"
        ]
        do_each(store, keys, lambda work, key: work.credentials.add_key(key))
        wakeup = store.wakeup(Topic.CREDENTIALS)

        assert do(store, lambda work: work.credentials.remove_key("d"))
        assert not do(store, lambda work: work.credentials.remove_key("d"))

        assert wakeup.wait(0)
        assert store.read(lambda view: view.credentials.key("d")) is None
        assert store.read(lambda view: view.credentials.key("e")) == keys[1]

    def test_a_new_token_replaces_the_accounts_old_one(self, store: Store) -> None:
        old = QueueToken(digest="1" * 64, account=AccountId(1), generation=1)
        new = QueueToken(digest="2" * 64, account=AccountId(1), generation=2)
        do_each(store, (old, new), lambda work, token: work.credentials.set_token(token))

        assert store.read(lambda view: view.credentials.token("1" * 64)) is None
        assert store.read(lambda view: view.credentials.token("2" * 64)) == new
        assert store.read(lambda view: view.credentials.token_of(AccountId(1))) == new
        assert store.read(lambda view: view.credentials.token_of(AccountId(2))) is None
