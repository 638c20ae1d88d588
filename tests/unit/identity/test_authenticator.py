"""
Who is asking: passwords, keys and tokens against the store's records.
"""

import hashlib

import attrs
import pytest

from smscore.domain.accounts import Account
from smscore.domain.credentials import Permission, ProviderKey, QueueToken, User
from smscore.domain.messages import AccountId
from smscore.errors import AuthenticationFailed
from smscore.testing import NOON, ManualClock, MemoryStore
from smscore_identity import make_authenticator

KEY = b"k" * 32
OWNER = AccountId(1)


class CountingStore(MemoryStore):
    """Knows how often it was read."""

    reads = 0

    def read(self, work):
        self.reads += 1
        return super().read(work)


@pytest.fixture
def store():
    store = CountingStore()
    store.run(lambda work: work.accounts.add(Account(id=OWNER, name="acme"))).result()
    yield store
    store.close()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def authenticator(store, clock):
    return make_authenticator(store, KEY, clock)


@pytest.fixture
def user(store, authenticator):
    user = User(
        name="apiuser",
        account=OWNER,
        password_hash=authenticator.hash_password("secret-word"),
        permissions=frozenset({Permission.API_SEND}),
    )
    store.run(lambda work: work.credentials.add_user(user)).result()
    return user


def refuses(check, *arguments):
    with pytest.raises(AuthenticationFailed) as caught:
        check(*arguments)
    return str(caught.value)


def test_the_right_password_names_the_user(authenticator, user):
    principal = authenticator.password("apiuser", "secret-word")

    assert principal.account == OWNER
    assert principal.may(Permission.API_SEND)
    assert not principal.may(Permission.ADMIN)
    assert "apiuser" in principal.subject


def test_wrong_passwords_and_unknown_users_are_told_alike(authenticator, user):
    assert refuses(authenticator.password, "apiuser", "wrong") == refuses(
        authenticator.password, "nobody", "secret-word"
    )


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a\0", "\ud800"])
def test_what_cannot_be_a_name_is_not_looked_up(authenticator, store, name):
    before = store.reads

    refuses(authenticator.password, name, "secret-word")

    assert store.reads == before


def test_odd_passwords_are_merely_wrong(authenticator, user):
    for password in ("", "\0", "\ud800", "x" * 100_000):
        refuses(authenticator.password, "apiuser", password)


def test_a_damaged_hash_lets_nobody_in(authenticator, store, user):
    damaged = attrs.evolve(user, password_hash="unusable")
    store.run(lambda work: work.credentials.save_user(damaged)).result()

    refuses(authenticator.password, "apiuser", "secret-word")


def test_passwords_are_hashed_as_the_design_says(authenticator):
    first, second = (authenticator.hash_password("secret-word") for _ in range(2))

    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second


def test_nothing_is_recalled_that_was_not_verified(authenticator, user):
    assert authenticator.recall("apiuser", "secret-word") is None
    refuses(authenticator.password, "apiuser", "wrong")
    assert authenticator.recall("apiuser", "wrong") is None


def test_a_verified_password_is_recalled_for_five_minutes(authenticator, user, clock):
    principal = authenticator.password("apiuser", "secret-word")

    assert authenticator.recall("apiuser", "secret-word") == principal
    assert authenticator.recall("apiuser", "Secret-word") is None
    clock.move(seconds=299)
    assert authenticator.recall("apiuser", "secret-word") == principal
    clock.move(seconds=2)
    assert authenticator.recall("apiuser", "secret-word") is None


def test_recalling_does_not_read_the_store(authenticator, user, store):
    authenticator.password("apiuser", "secret-word")
    before = store.reads

    authenticator.recall("apiuser", "secret-word")
    authenticator.recall("nobody", "secret-word")

    assert store.reads == before


def test_a_changed_password_is_honoured_at_once(authenticator, user, store):
    authenticator.password("apiuser", "secret-word")
    changed = attrs.evolve(user, password_hash=authenticator.hash_password("other-word"))

    store.run(lambda work: work.credentials.save_user(changed)).result()

    assert authenticator.recall("apiuser", "secret-word") is None
    refuses(authenticator.password, "apiuser", "secret-word")
    assert authenticator.password("apiuser", "other-word").account == OWNER


def test_permissions_that_were_taken_away_are_gone(authenticator, user, store):
    authenticator.password("apiuser", "secret-word")
    changed = attrs.evolve(user, permissions=frozenset())

    store.run(lambda work: work.credentials.save_user(changed)).result()

    assert not authenticator.password("apiuser", "secret-word").may(Permission.API_SEND)


def test_a_new_key_is_known_by_its_digest(authenticator, store):
    issued = authenticator.new_key()
    key = ProviderKey(digest=issued.digest, account=OWNER, created_at=NOON)
    store.run(lambda work: work.credentials.add_key(key)).result()

    assert authenticator.key(issued.secret).account == OWNER
    assert issued.secret.startswith("sk_")
    assert len(issued.secret) == 3 + 43
    assert issued.digest == hashlib.sha256(issued.secret.encode()).hexdigest()
    assert issued.secret not in repr(issued)
    assert issued.secret not in authenticator.key(issued.secret).subject


def test_a_known_key_is_not_looked_up_again(authenticator, store):
    issued = authenticator.new_key()
    key = ProviderKey(digest=issued.digest, account=OWNER, created_at=NOON)
    store.run(lambda work: work.credentials.add_key(key)).result()
    authenticator.key(issued.secret)
    before = store.reads

    authenticator.key(issued.secret)

    assert store.reads == before


def test_an_unknown_key_is_found_once_it_is_there(authenticator, store):
    issued = authenticator.new_key()
    refuses(authenticator.key, issued.secret)
    key = ProviderKey(digest=issued.digest, account=OWNER, created_at=NOON)

    store.run(lambda work: work.credentials.add_key(key)).result()

    assert authenticator.key(issued.secret).account == OWNER


@pytest.mark.parametrize("secret", ["", "sk_", "x" * 10_000, "\ud800", "\0"])
def test_anything_else_is_no_key_and_no_token(authenticator, secret):
    refuses(authenticator.key, secret)
    refuses(authenticator.token, secret)


def test_a_token_is_derived_from_the_key_file(authenticator, store):
    issued = authenticator.derive_token(OWNER, generation=1)

    assert issued == make_authenticator(store, KEY).derive_token(OWNER, generation=1)
    assert len(issued.secret) == 64
    assert set(issued.secret) <= set("0123456789abcdef")
    others = {
        authenticator.derive_token(OWNER, generation=2).secret,
        authenticator.derive_token(AccountId(2), generation=1).secret,
        make_authenticator(store, b"x" * 32).derive_token(OWNER, generation=1).secret,
    }
    assert issued.secret not in others
    assert len(others) == 3


def test_a_token_names_the_account_until_it_is_replaced(authenticator, store):
    first, second = (authenticator.derive_token(OWNER, generation=number) for number in (1, 2))

    def use(issued, generation):
        token = QueueToken(digest=issued.digest, account=OWNER, generation=generation)
        store.run(lambda work: work.credentials.set_token(token)).result()

    use(first, 1)
    assert authenticator.token(first.secret).account == OWNER

    use(second, 2)
    assert authenticator.token(second.secret).account == OWNER
    refuses(authenticator.token, first.secret)
    refuses(authenticator.token, second.secret.upper())
