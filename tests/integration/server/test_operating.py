"""
The page for operators: its commands run as they stand, and it knows every command.
"""

import re
import shlex
import tomllib

import click
import pytest
from pages import blocks, page

from smscore import GatewayConfig
from smscore.domain.deliveries import Status
from smscore.plugins import load
from smscore.structuring import structure
from smscore_server.cli import smscore

PAGE = page("operating.md")
EXAMPLES = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]


def test_the_commands_of_the_page_run_in_their_order(command, answer, channel):
    answer("account", "create", "shop", "--credits", "5")
    message = answer("send", "--account", "shop", "--to", "+491701234567", "hello")["id"]

    for example in EXAMPLES:
        program, *arguments = shlex.split(example.replace("ID", message))
        result = command(*arguments)

        assert program == "smscore"
        is_check = arguments[0] == "check"  # there is no modem, and it says so
        assert result.exit_code == 0 or is_check, f"{example}\n{result.output}"


def test_the_channels_of_several_servers_can_be_made():
    [block] = [one for one in blocks(PAGE, "toml") if "runs_on" in one]
    registry = load().registry

    for name, channel in GatewayConfig.from_mapping(tomllib.loads(block)).channels.items():
        kind = registry.transport_kind(channel.transport)
        kind.make(name, structure(channel.options, kind.options, where=name))


def test_the_page_names_every_command_in_its_table():
    named = set()
    for cell in re.findall(r"^\| (`smscore .*?) \|", PAGE, re.MULTILINE):
        words = ""
        for code in re.findall(r"`(.*?)`", cell):
            # `smscore account create`, `set`: the others are of the same group.
            words = code if code.startswith("smscore ") else f"{words.rpartition(' ')[0]} {code}"
            named.add(words.removeprefix("smscore "))

    assert named == set(leaves(smscore))


def leaves(group, *path):
    context = click.Context(group)
    for name in group.list_commands(context):
        one = group.get_command(context, name)
        if isinstance(one, click.Group):
            yield from leaves(one, *path, name)
        else:
            yield " ".join((*path, name))


@pytest.mark.parametrize("status", Status)
def test_the_page_says_what_to_do_in_each_status(status):
    assert re.search(rf"^\| `{status}` \| .+ \| .+ \|$", PAGE, re.MULTILINE)
