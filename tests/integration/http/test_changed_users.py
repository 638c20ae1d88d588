"""
A changed user, as the server's own process sees it: with real passwords, on the real store.
"""

import pytest
from databases import new_database
from starlette.testclient import TestClient

import smscore
from smscore.domain.credentials import Permission
from smscore_http import create_app


@pytest.fixture
def gateway(tmp_path):
    config = smscore.GatewayConfig(directory=tmp_path)
    new_database(tmp_path / "smscore.db")
    with smscore.build(config) as gateway:
        gateway.administration.create_account("acme")
        gateway.administration.create_user(
            "apiuser",
            account="acme",
            password="first good word",
            permissions=[Permission.API_STATUS],
        )
        yield gateway


@pytest.fixture
def log_in(gateway):
    with TestClient(create_app(gateway)) as client:

        def log_in(password):
            login = {"uid": "0" * 16, "username": "apiuser", "password": password}
            return client.get("/state.php", params=login).status_code

        yield log_in


def test_the_old_password_ends_at_once(gateway, log_in):
    assert log_in("first good word") == 200

    gateway.administration.change_user("apiuser", password="second good word")

    assert log_in("first good word") == 401
    assert log_in("second good word") == 200


def test_what_was_revoked_ends_at_once(gateway, log_in):
    assert log_in("first good word") == 200

    gateway.administration.change_user("apiuser", revoke=[Permission.API_STATUS])

    assert log_in("first good word") == 403


def test_a_removed_user_is_logged_out_at_once(gateway, log_in):
    assert log_in("first good word") == 200

    gateway.administration.remove_user("apiuser")

    assert log_in("first good word") == 401


def test_sessions_end_with_the_password_on_the_real_store(gateway):
    authenticator = gateway.authenticator
    session = authenticator.new_session(authenticator.password("apiuser", "first good word"))
    assert authenticator.session(session.token).subject == "user apiuser"

    gateway.administration.change_user("apiuser", password="second good word")

    with pytest.raises(smscore.errors.AuthenticationFailed):
        authenticator.session(session.token)
