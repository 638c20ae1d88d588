from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from smscore_server.cli import _COMMANDS, smscore


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


ALL = dict(commands(smscore))
LEAVES = {name: one for name, one in ALL.items() if not isinstance(one, click.Group)}


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_overview_says_what_the_command_itself_says(name: str):
    assert (ALL[name].help or "").strip().splitlines()[0] == _COMMANDS[name][1]


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_teaches_by_an_example(name: str):
    result = CliRunner().invoke(smscore, [*name.split(), "--help"])

    assert result.exit_code == 0
    assert f"Example: smscore {name}" in result.output


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_says_which_json_it_prints(name: str):
    result = CliRunner().invoke(smscore, [*name.split(), "--help"])

    assert "\n  JSON" in result.output


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_takes_a_configuration_and_can_answer_in_json(name: str):
    options = {option for one in LEAVES[name].params for option in one.opts}

    assert {"--config", "--json"} <= options


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--port", "1.5"), "'1.5' is not a valid integer."),
        (("check", "--wait", "soon"), "'soon' is not a valid number."),
        (("check", "--wait", "nan"), "'nan' is not a valid number."),
        (("simulate", "--report-delay", "inf"), "'inf' is not a valid number."),
        (("simulate", "--report-delay", "-1"), "-1.0 is not in the range x>=0."),
        (("serve", "--port", "65536"), "65536 is not in the range 0<=x<=65535."),
    ],
)
def test_a_wrong_number_is_said_plainly(arguments: tuple[str, ...], said: str):
    result = CliRunner().invoke(smscore, arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_an_unknown_command_is_a_usage_error():
    result = CliRunner().invoke(smscore, ["sned"])

    assert result.exit_code == 2
    assert "sned" in result.stderr
