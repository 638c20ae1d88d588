"""
System users on the command line, beside a running server as well.
"""

import json
import threading
import time

import httpx2
import pytest

PATIENCE = 30.0
FOLLOWED_WITHIN = 1.0  # seconds, as the documentation says


@pytest.fixture
def user(command):
    """A user whose password is "first good word"."""
    command("account", "create", "shop")
    result = command(
        "user", "create", "monitor", "--account", "shop", "--permission", "api.status",
        "--password-stdin", stdin="first good word\n",
    )  # fmt: skip
    assert result.exit_code == 0, result.output


def change_password(command, password):
    return command("user", "password", "monitor", "--password-stdin", stdin=f"{password}\n")


def test_users_are_listed_with_what_they_may_do(user, answer, command):
    assert answer("user", "list") == [
        {"name": "monitor", "account": "shop", "permissions": ["api.status"]}
    ]
    assert command("user", "list").stdout.splitlines()[1].split() == [
        "monitor", "shop", "api.status",
    ]  # fmt: skip


def test_users_of_one_account_are_listed_alone(user, answer, command):
    command("account", "create", "other")

    assert len(answer("user", "list", "--account", "shop")) == 1
    assert answer("user", "list", "--account", "other") == []


def test_permissions_are_granted_beside_those_there_are(user, answer):
    changed = answer("user", "grant", "monitor", "api.send", "console", "api.status")

    assert changed["permissions"] == ["api.send", "api.status", "console"]
    assert answer("user", "list") == [changed]


def test_permissions_are_revoked(user, answer):
    answer("user", "grant", "monitor", "api.send")

    assert answer("user", "revoke", "monitor", "api.send", "admin")["permissions"] == ["api.status"]
    assert answer("user", "revoke", "monitor", "api.status")["permissions"] == []


def test_another_password_changes_nothing_else(user, command, answer):
    before = answer("user", "list")

    result = change_password(command, "second good word")

    assert result.exit_code == 0, result.output
    assert "good word" not in result.output
    assert answer("user", "list") == before


def test_a_deleted_user_is_gone_and_the_name_free(user, answer, command):
    assert answer("user", "delete", "monitor")["name"] == "monitor"

    assert answer("user", "list") == []
    again = command(
        "user", "create", "monitor", "--account", "shop", "--permission", "api.send",
        "--password-stdin", stdin="third good word\n",
    )  # fmt: skip
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("grant", "nobody", "api.send"),
        ("revoke", "nobody", "api.send"),
        ("delete", "nobody"),
        ("password", "nobody", "--password-stdin"),
    ],
)
def test_an_unknown_user_is_said_on_one_line(command, arguments):
    result = command("user", *arguments, stdin="some good word\n")

    assert result.exit_code == 1
    assert result.stderr == "error: there is no user 'nobody'; 'smscore user list' shows all\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("grant", "monitor"),
        ("grant", "monitor", "root"),
        ("revoke", "monitor"),
        ("password", "monitor"),
        ("delete",),
    ],
)
def test_a_wrong_call_about_users_is_a_usage_error(user, command, arguments):
    result = command("user", *arguments)

    assert result.exit_code == 2
    assert "Usage:" in result.stderr


def test_a_short_password_changes_nothing(user, command):
    result = change_password(command, "short")

    assert result.exit_code == 1
    assert "at least 8 characters" in result.stderr


@pytest.fixture
def log_in(user, start):
    """Logs in at a running server, and says the status."""
    url = json.loads(start("serve", "--verbose", "--port", "0", "--json").line())["url"]

    def log_in(password):
        parameters = {"uid": "0" * 16, "username": "monitor", "password": password}
        return httpx2.get(f"{url}/state.php", params=parameters, timeout=PATIENCE).status_code

    return log_in


def seconds_until(status, ask):
    began, pause = time.monotonic(), threading.Event()
    while ask() != status:
        assert time.monotonic() - began < PATIENCE
        pause.wait(0.02)
    return time.monotonic() - began


def test_the_old_password_ends_at_a_running_server(log_in, command):
    assert log_in("first good word") == 200

    change_password(command, "second good word")

    assert seconds_until(401, lambda: log_in("first good word")) < FOLLOWED_WITHIN
    assert log_in("second good word") == 200


def test_what_was_revoked_ends_at_a_running_server(log_in, command):
    assert log_in("first good word") == 200

    command("user", "revoke", "monitor", "api.status")

    assert seconds_until(403, lambda: log_in("first good word")) < FOLLOWED_WITHIN


def test_a_deleted_user_is_logged_out_of_a_running_server(log_in, command):
    assert log_in("first good word") == 200

    command("user", "delete", "monitor")

    assert seconds_until(401, lambda: log_in("first good word")) < FOLLOWED_WITHIN
