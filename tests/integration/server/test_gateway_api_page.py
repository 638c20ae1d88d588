"""
The page about the gateway API: its commands say what the page says.
"""

import json
import re
import shlex
import shutil
import subprocess

import pytest
from pages import page, steps

PAGE = page("gateway-api.md")
GATEWAY = "http://gateway:8080"
# Ids, sessions and times are others each time, and here there is neither the machine nor the modem.
_VARIES = re.compile(r"[0-9a-f]{16}|(?<=jwt\":\")[^\"]+|(?<=expireAt\":)[0-9]+")
_OF_THE_MACHINE = re.compile(r"^(que|signal|state|load|time|disk|uptime): .*$", re.MULTILINE)


@pytest.fixture
def url(command, channel, start):
    """A server with the account of the page; what it is sent waits for a modem."""
    for line, _ in steps(PAGE):
        program, *arguments = shlex.split(line)
        if program == "smscore":
            result = command(*arguments, stdin="secret-word\n")
            assert result.exit_code == 0, f"{line}\n{result.output}"
    return json.loads(start("serve", "--port", "0", "--json").line())["url"]


def shell(line: str) -> str:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; 'make test-peers' does it")
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def masked(printed: str) -> str:
    return _VARIES.sub("…", _OF_THE_MACHINE.sub(r"\1: …", printed)).strip()


def test_the_commands_of_the_page_print_what_it_says(url):
    message = ""
    for line, printed in steps(PAGE):
        if line.startswith("curl "):
            said = shell(re.sub("(?<=uid=)[0-9a-f]{16}", message, line.replace(GATEWAY, url)))
            assert masked(said) == masked(printed), line
            message = re.search("[0-9a-f]{16}|$", said)[0] or message
