"""
The page about the agent: its commands do what it says, its tables are complete.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import attrs
import pytest
from pages import blocks, page

from smscore_agent import AgentOptions
from smscore_termux import TermuxOptions

PAGE = page("agent.md")
GATEWAY = "http://gateway:8080"

# The telephone of the page: takes whatever it is given.
PROGRAM = """\
#!/bin/sh
printf '%s\\n' "$*" >> sent
cat >> sent
"""


def first_column(heading: str) -> set[str]:
    """What stands between backquotes in the first column of a table."""
    section = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"^\| `(.*?)` \|", section, re.MULTILINE))


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Runs a line of the page, with the telephone's program and ours on the path."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "termux-sms-send").write_text(PROGRAM)
    (programs / "smscore").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m smscore_server "$@"\n'
    )
    for program in programs.iterdir():
        program.chmod(0o700)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    def shell(line: str) -> str:
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout

    return shell


def test_the_commands_of_the_page_do_what_it_says(shell, start, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; 'make test-peers' does it")
    url = GATEWAY
    for session in blocks(PAGE, "console"):
        for line, printed in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", session, re.MULTILINE):
            if line.startswith("smscore serve "):
                server = start(*shlex.split(line)[1:], "--port", "0", "--json")
                url = json.loads(server.line())["url"]
                continue
            if "--once" in line:
                with (tmp_path / "agent/smscore.toml").open("a") as file:
                    file.write(blocks(PAGE, "toml")[0].replace(GATEWAY, url))
            said = shell(line.replace(GATEWAY, url))
            if printed:
                assert re.sub("[0-9a-f]{16}", "…", said).strip() == (
                    re.sub("[0-9a-f]{16}", "…", printed).strip()
                ), line

    assert (tmp_path / "sent").read_text() == "-n +491701234567\nHello!"


def test_every_option_of_the_agent_is_explained():
    assert first_column("key of `[agent]`") == {one.name for one in attrs.fields(AgentOptions)}


def test_every_option_of_a_telephone_is_explained():
    assert first_column("key of the channel") == {one.name for one in attrs.fields(TermuxOptions)}


def test_the_defaults_are_those_of_the_page():
    for heading, options in (
        ("key of `[agent]`", AgentOptions),
        ("key of the channel", TermuxOptions),
    ):
        section = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
        said = dict(re.findall(r"^\| `(.*?)` \|.*\| `?([a-z0-9-]+)`? \|$", section, re.MULTILINE))
        for field in attrs.fields(options):
            if isinstance(field.default, (int, float)):
                assert float(said[field.name]) == field.default, field.name


def test_the_snippet_is_toml():
    assert set(tomllib.loads(blocks(PAGE, "toml")[0])["agent"]) <= {
        one.name for one in attrs.fields(AgentOptions)
    }
