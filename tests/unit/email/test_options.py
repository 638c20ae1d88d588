from pathlib import Path
from typing import Any

import pytest

from smscore.errors import ConfigurationError
from smscore_email import EmailOptions, Tls


def options(**changes: Any) -> EmailOptions:
    return EmailOptions(
        **{"host": "relay.example", "from_address": "gateway@sender.example", **changes}
    )


@pytest.mark.parametrize(
    ("changes", "port"),
    [({}, 587), ({"tls": Tls.IMPLICIT}, 465), ({"tls": Tls.NONE}, 25), ({"port": 2525}, 2525)],
)
def test_the_port_is_the_usual_one_unless_it_is_named(changes: dict[str, Any], port: int) -> None:
    assert options(**changes).relay_port == port


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": "relay example"}, "host"),
        ({"host": "relay.example\r\n"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"from_address": "gateway"}, "from_address"),
        ({"from_address": "jürgen@sender.example"}, "from_address"),
        ({"from_name": "two\nlines"}, "from_name"),
        ({"from_name": "x" * 201}, "from_name"),
        ({"subject": "{texts}"}, r"\{texts\}; known are \{text\}"),
        ({"subject": "two\r\nBcc: lines"}, "subject"),
        ({"username": "gateway"}, "belong together"),
        ({"password": "relay-word"}, "belong together"),
        ({"username": "a", "password": "relay-word", "password_file": "/x"}, "not both"),
        ({"username": "a", "password": "ümlaut-word"}, "password must be of printable ASCII"),
        ({"username": "a", "password": "two\nrelay-word"}, "password must be of printable ASCII"),
        ({"username": "a", "password_file": "secret"}, "begin with a slash"),
        ({"ca_file": "ca.pem"}, "begin with a slash"),
        ({"timeout": 0.0}, "timeout"),
        ({"final_timeout": float("nan")}, "final_timeout"),
        ({"tls": Tls.NONE, "username": "a", "password": "relay-word"}, "everybody on the way"),
    ],
)
def test_what_cannot_be_is_refused_and_no_password_is_told(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason) as refusal:
        options(**changes)

    assert "-word" not in str(refusal.value)


def test_a_password_may_go_to_a_relay_on_this_host_without_tls() -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        assert options(host=host, tls=Tls.NONE, username="a", password="relay-word").read_password()


def test_a_password_is_not_shown() -> None:
    assert "relay-word" not in repr(options(username="a", password="relay-word"))


def test_a_password_is_read_from_its_file_each_time(tmp_path: Path) -> None:
    file = tmp_path / "password"
    found = options(username="a", password_file=str(file))
    with pytest.raises(ConfigurationError, match="No such file"):
        found.read_password()

    file.write_text("first-word\n")
    assert found.read_password() == "first-word"

    file.write_text("second-word")
    assert found.read_password() == "second-word"

    for nothing in ("", "\n", "zweites-wört", "x" * 1001):
        file.write_text(nothing)
        with pytest.raises(ConfigurationError, match="holds no password"):
            found.read_password()
