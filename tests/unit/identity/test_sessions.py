"""
Sessions: how long they last, what ends them before, and what is none. The fake keeps the same.
"""

import base64
import hashlib
import hmac
import json

import attrs
import jwt
import pytest

from smscore.domain.accounts import Account
from smscore.domain.credentials import Permission, Principal, User
from smscore.domain.messages import AccountId
from smscore.errors import AuthenticationFailed, PermissionDenied
from smscore.testing import NOON, ManualClock, MemoryStore, PlainAuthenticator
from smscore_identity import make_authenticator

KEY = b"k" * 32
SIGNING_KEY = hmac.digest(KEY, b"session", hashlib.sha256)
OWNER = AccountId(1)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def store():
    store = MemoryStore()
    store.run(lambda work: work.accounts.add(Account(id=OWNER, name="acme"))).result()
    yield store
    store.close()


@pytest.fixture
def real(store, clock):
    return make_authenticator(store, KEY, clock)


@pytest.fixture(params=["real", "fake"])
def authenticator(request, store, clock):
    if request.param == "fake":
        return PlainAuthenticator(store, clock=clock)
    return request.getfixturevalue("real")


def add_user(store, authenticator):
    user = User(
        name="apiuser",
        account=OWNER,
        password_hash=authenticator.hash_password("secret-word"),
        permissions=frozenset({Permission.API_SEND}),
    )
    store.run(lambda work: work.credentials.add_user(user)).result()
    return user


@pytest.fixture
def user(store, authenticator):
    return add_user(store, authenticator)


@pytest.fixture
def session(authenticator, user):
    return authenticator.new_session(authenticator.password("apiuser", "secret-word"))


@pytest.fixture
def real_token(store, real):
    add_user(store, real)
    return real.new_session(real.password("apiuser", "secret-word")).token


def save(store, user, **changes):
    changed = attrs.evolve(user, **changes)
    store.run(lambda work: work.credentials.save_user(changed)).result()


def refuses(authenticator, token):
    with pytest.raises(AuthenticationFailed):
        authenticator.session(token)
    return True


def test_a_session_names_the_user(authenticator, session):
    principal = authenticator.session(session.token)

    assert principal == authenticator.password("apiuser", "secret-word")
    assert principal.may(Permission.API_SEND)


def test_a_session_lasts_an_hour(authenticator, session, clock):
    assert (session.expires_at - NOON).total_seconds() == 3600
    clock.move(seconds=3599)
    assert authenticator.session(session.token)
    clock.move(seconds=1)
    assert refuses(authenticator, session.token)


def test_a_new_password_ends_all_sessions(authenticator, session, store, user):
    save(store, user, password_hash=authenticator.hash_password("other-word"))

    assert refuses(authenticator, session.token)


def test_other_permissions_end_all_sessions(authenticator, session, store, user):
    save(store, user, permissions=frozenset({Permission.API_SEND, Permission.ADMIN}))

    assert refuses(authenticator, session.token)


def test_whoever_is_gone_has_no_sessions(authenticator, session, store):
    store.run(lambda work: work.credentials.remove_user("apiuser")).result()

    assert refuses(authenticator, session.token)


def test_a_password_that_was_changed_meanwhile_gives_no_session(authenticator, store, user):
    principal = authenticator.password("apiuser", "secret-word")
    save(store, user, password_hash=authenticator.hash_password("other-word"))

    late = authenticator.new_session(principal)

    assert refuses(authenticator, late.token)


def test_a_key_has_no_sessions(authenticator):
    with pytest.raises(PermissionDenied, match="no user"):
        authenticator.new_session(Principal(account=OWNER, subject="key 1234"))


def test_a_session_is_not_shown_by_accident(authenticator, session):
    assert session.token not in repr(session)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "\ud800", "\0", "x" * 100_000])
def test_anything_else_is_no_session(authenticator, user, token):
    assert refuses(authenticator, token)


def test_every_process_with_the_key_file_knows_the_session(real_token, store, clock):
    other_process = make_authenticator(store, KEY, clock)

    assert other_process.session(real_token)
    assert refuses(make_authenticator(store, b"x" * 32, clock), real_token)


def test_no_character_of_a_session_can_be_changed(real, real_token):
    # The last one of 43 carries four bits only: two spellings of it are the same signature.
    for place in range(len(real_token) - 1):
        other = "A" if real_token[place] != "A" else "B"
        assert refuses(real, real_token[:place] + other + real_token[place + 1 :])


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def unsigned(claims):
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts) + "."


def test_what_is_not_signed_is_no_session(real, real_token):
    assert refuses(real, unsigned(claims_of(real_token)))
    assert refuses(real, real_token.rpartition(".")[0] + ".")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_what_is_signed_in_another_way_is_no_session(real, real_token, algorithm):
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        forged = jwt.encode(claims_of(real_token), SIGNING_KEY, algorithm)

    assert refuses(real, forged)


@pytest.mark.parametrize("key", [KEY, hmac.digest(KEY, b"queue-token", hashlib.sha256)])
def test_what_is_signed_for_another_purpose_is_no_session(real, real_token, key):
    assert refuses(real, jwt.encode(claims_of(real_token), key, "HS256"))
    assert real.session(jwt.encode(claims_of(real_token), SIGNING_KEY, "HS256"))


@pytest.mark.parametrize("name", ["sub", "exp"])
def test_a_session_without_an_end_or_a_user_is_none(real, real_token, name):
    claims = {key: value for key, value in claims_of(real_token).items() if key != name}

    assert refuses(real, jwt.encode(claims, SIGNING_KEY, "HS256"))


def test_a_session_holds_no_password_nor_its_hash(real, real_token, store):
    stored = store.read(lambda view: view.credentials.user("apiuser")).password_hash
    shown = str(claims_of(real_token))

    assert "secret-word" not in shown
    assert stored not in shown
