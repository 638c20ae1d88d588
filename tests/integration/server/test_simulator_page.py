"""
The page about the simulator: its examples run as they stand, and its tables are complete.
"""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pages import blocks, page

from smscore_modem.simulator import Doing, Fault, Personality, Scenario, wire_of
from smscore_modem.simulator._recipients import _MAGIC as MAGIC
from smscore_modem.simulator._wires import WIRES

PAGE = page("simulator.md")


def first_column(heading: str) -> list[str]:
    """What stands between backquotes in the first column of a table."""
    section = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(.*?)`", cell)]


def run(example: str, directory: Path, *arguments: str) -> str:
    (directory / "test_example.py").write_text(example)
    finished = subprocess.run(
        [sys.executable, "-W", "error", *arguments, "test_example.py"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout.strip()


@pytest.mark.parametrize(
    "command", [line for block in blocks(PAGE, "sh") for line in block.splitlines()]
)
def test_the_commands_of_the_page_run(start, tmp_path, command):
    (tmp_path / "scenario.toml").write_text(blocks(PAGE, "toml")[0])
    (tmp_path / "transcript.txt").write_text(blocks(PAGE, "text")[0])
    program, *arguments = shlex.split(command)

    assert program == "smscore"
    assert start(*arguments).line()


@pytest.mark.parametrize(
    ("number", "output"),
    [
        (0, "delivered\nfailed\n2 messages were taken"),
        (2, "[[], ['weak_signal']]"),
        (3, "True 1 delivered"),
    ],
)
def test_the_examples_of_the_page_run(tmp_path, number, output):
    assert run(blocks(PAGE, "python")[number], tmp_path) == output


def test_the_example_for_pytest_runs(tmp_path):
    plugin = ("-m", "pytest", "-q", "-p", "smscore_modem.simulator.pytest")

    assert "3 passed" in run(blocks(PAGE, "python")[1], tmp_path, *plugin)


def test_the_scenario_of_the_page_is_one():
    (text,) = blocks(PAGE, "toml")

    assert Scenario.of(tomllib.loads(text)).names == ("office", "spare")


def test_the_requests_of_the_page_are_json():
    (text,) = blocks(PAGE, "json")

    assert [json.loads(line)["do"] for line in text.splitlines()][-1] == "submissions"


def test_every_fault_is_explained_and_the_words_about_it_exist():
    assert sorted(first_column("fault")) == sorted(Fault)
    for word in first_column("word"):
        if "=" in word:
            Fault.parse(f"silent {word}")


def test_every_number_is_explained():
    prefixes = {number.partition("…")[0] for number in first_column("number")}

    assert prefixes == set(MAGIC)


def test_every_wire_is_explained():
    explained = first_column("wire")

    assert {name.partition(":")[0] for name in explained} == set(WIRES)
    for name in explained:
        wire_of(name)


def test_every_step_and_profile_is_named():
    assert set(Doing) <= set(first_column("`do`"))
    for name in Personality.names():
        assert f"`{name}`" in PAGE
