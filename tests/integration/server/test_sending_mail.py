"""
Messages to e-mail addresses, from the command line.
"""

import json

import pytest

from smscore_email.testing import FakeRelay


@pytest.fixture
def relay():
    with FakeRelay() as relay:
        yield relay


@pytest.fixture
def with_relay(installation, command, relay):
    lines = [
        f"{key} = {value}" if isinstance(value, int) else f"{key} = '{value}'"
        for key, value in relay.table.items()
    ]
    config = installation / "smscore.toml"
    config.write_text("\n".join(("[http]", "port = 0", "[channels.mail]", *lines)) + "\n")
    assert command("account", "create", "shop").exit_code == 0


@pytest.mark.usefixtures("with_relay")
def test_a_message_to_an_address_is_accepted_and_explained(command):
    sent = command("send", "--account", "shop", "--to", "Anna@Reader.example", "Hello", "--json")

    assert sent.exit_code == 0, sent.output
    number = json.loads(sent.stdout)["id"]
    told = command("explain", number).stdout
    assert "to Anna@reader.example" in told
    assert "it waits for mail" in told
    assert "medium" in told
    assert "encoding" not in told


@pytest.mark.usefixtures("with_relay")
@pytest.mark.parametrize(
    ("to", "options", "reason"),
    [
        ("anna@", (), "is not an e-mail address"),
        ("anna@reader.example", ("--medium", "voice"), "nothing but e-mail goes there"),
        ("+491701234567", ("--medium", "email"), "no e-mail goes there"),
        ("+491701234567", (), "can send an SMS"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(command, to, options, reason):
    refused = command("send", "--account", "shop", "--to", to, *options, "Hello")

    assert refused.exit_code != 0
    assert reason in refused.output
    assert "Traceback" not in refused.output


@pytest.mark.usefixtures("with_relay")
def test_rules_can_be_tried_on_an_address(command):
    tried = command(
        "rules", "test", "--account", "shop", "--to", "anna@reader.example", "--text", "x"
    )

    assert tried.exit_code == 0, tried.output
    assert "mail" in tried.output
