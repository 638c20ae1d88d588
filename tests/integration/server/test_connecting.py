"""
The page about connecting a modem: its commands run as they stand, and it leaves out no case.
"""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from pages import blocks, page

from smscore import GatewayConfig
from smscore.structuring import structure
from smscore_modem import ModemOptions
from smscore_modem.simulator.pytest import modem_simulator
from smscore_server.diagnosis._remedies import REMEDIES
from smscore_server.modem import modem

__all__ = ["modem_simulator"]

PAGE = page("connect-a-modem.md")
CASES = re.findall(
    r"^\| (.+?) \| .+ \| .+ \|$", PAGE.partition("## What `smscore check`")[2], re.MULTILINE
)


def test_the_commands_of_the_page_run_in_their_order(
    command, installation, modem_simulator, answer
):
    with (installation / "smscore.toml").open("a") as file:
        file.write(
            f'\n[channels.modem-1]\ntransport = "modem"\nport = "{modem_simulator.ports[0]}"\n'
        )
    examples = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]
    for example in examples:
        words = shlex.split(example.replace("/dev/ttyUSB2", modem_simulator.ports[0]))
        if words[1:] == ["serve"]:
            continue  # it would go on for ever
        result = command(*words[1:])

        assert words[0] == "smscore"
        is_locked = words[1:] != ["modem", "pin"]  # the simulated SIM is not, and it says so
        assert (result.exit_code == 0) is is_locked, f"{example}\n{result.output}"


@pytest.mark.parametrize("block", blocks(PAGE, "toml"))
def test_the_settings_of_the_page_exist(block):
    config = GatewayConfig.from_mapping(tomllib.loads(block))

    for name, channel in config.channels.items():
        structure(channel.options, ModemOptions, where=f"channels.{name}")


def test_the_page_names_every_command_about_modems():
    named = set(re.findall(r"^\| `smscore modem (\w+)", PAGE, re.MULTILINE))

    assert named == set(modem.commands)


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in REMEDIES])
def test_the_page_tells_each_case_of_a_modem_that_check_knows(pattern):
    assert [case for case in CASES if re.search(pattern, case, re.IGNORECASE)]


@pytest.mark.parametrize(
    "said",
    [
        "nor any other serial port",
        "there are",
        "shows itself as a CD-ROM",
        "is a network card and no modem",
        "no driver gave it a port",
        "is no serial port",
        "is not allowed to",
        "is in use by ModemManager",
        "is in use by another program",
    ],
)
def test_the_page_tells_each_case_of_a_device_that_check_knows(said):
    source = Path(__file__).parents[3] / "src/entrypoints/smscore_server/diagnosis/_trouble.py"

    assert said in source.read_text()
    assert [case for case in CASES if said in case]
