"""
The command that sends for another server, seen from outside.
"""

import json
from pathlib import Path

import pytest

TOKEN = "secret-word"


@pytest.fixture
def configure(installation):
    """Appends an ``[agent]`` table to the configuration; its server answers nobody."""

    def configure(**changes: object) -> None:
        table = {"server": "http://127.0.0.1:9/api", "reconnect_delay": 0.01, **changes}
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        with (installation / "smscore.toml").open("a") as file:
            file.write("\n".join(["", "[agent]", *lines, ""]))

    return configure


def test_without_a_table_it_says_which_one_is_missing(command):
    result = command("agent")

    assert result.exit_code == 1
    assert "has no table [agent]" in result.stderr


def test_without_a_token_it_says_where_it_belongs(command, configure):
    configure()

    result = command("agent")

    assert result.exit_code == 1
    assert "token_file or in the environment variable SMSCORE_AGENT_TOKEN" in result.stderr


def test_a_misspelt_key_is_named(command, configure):
    configure(pol_every=3)

    assert "did you mean 'poll_every'" in command("agent").stderr


def test_a_single_poll_that_reached_nobody_ends_with_status_1(command, configure, channel):
    configure()

    result = command(
        "agent", "--once", "--wait", "0.1", "--json", environment={"SMSCORE_AGENT_TOKEN": TOKEN}
    )

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"fetched": None, "delivered": 0, "failed": 0, "left": 0}
    assert TOKEN not in result.output


def test_it_ends_in_order_when_it_is_told_to(start, installation, configure):
    (installation / "token").write_text(TOKEN)
    configure(token_file="token")

    agent = start("agent")

    assert agent.line() == "smscore sends for http://127.0.0.1:9/api\n"
    assert agent.stop() == 0


def test_two_do_not_work_on_one_store(start, installation, command, configure):
    (installation / "token").write_text(TOKEN)
    configure(token_file="token")
    server = start("serve", "--port", "0")
    server.line()

    result = command("agent", "--once")

    assert result.exit_code == 1
    assert str(server.pid) in result.stderr


def test_check_says_for_whom_it_works(installation, answer, configure):
    (installation / "token").write_text(TOKEN)
    configure(token_file="token")

    findings = {one["subject"]: one for one in answer("check", "--wait", "0")["findings"]}

    assert findings["agent"]["verdict"] == "note"
    assert "http://127.0.0.1:9/api" in findings["agent"]["detail"]
    assert "http" not in findings  # an agent listens nowhere


def test_check_says_what_the_agent_lacks(command, configure):
    configure(token_file="token")

    result = command("check", "--wait", "0")

    assert result.exit_code == 1
    assert f"token_file {Path.cwd()}/token cannot be read" in result.stdout
