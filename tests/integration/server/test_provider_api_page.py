"""
The page about the provider API: its commands say what the page says.
"""

import json
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta

import pytest
from pages import page, steps

PAGE = page("provider-api.md")
GATEWAY = "http://gateway:8080"
_ID = re.compile(r"(?<=msg_)[0-9a-f]{16}")


@pytest.fixture
def key(command, channel):
    """That of the account of the page."""
    said = ""
    for line, _ in steps(PAGE):
        program, *arguments = line.replace("KEY=$(smscore", "smscore").rstrip(")").split()
        if program == "smscore":
            said = command(*arguments).output
    return said.split()[0]


def shell(line, key):
    """What a command prints; the page has more calls than its account's plan has in a second."""
    while True:
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, text=True, env={"KEY": key}, check=True
        )
        if "rate_limit_exceeded" not in done.stdout:
            return done.stdout
        threading.Event().wait(0.2)


def test_the_commands_of_the_page_print_what_it_says(key, start):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; 'make test-peers' does it")
    url = json.loads(start("serve", "--port", "0", "--json").line())["url"]
    soon = f"{datetime.now(UTC) + timedelta(days=99):%Y-%m-%d}"
    ids = {}
    for line, expected in steps(PAGE):
        if not line.startswith("curl "):
            continue
        asked = line.replace(GATEWAY, url).replace("2027-03-01", soon)
        asked = _ID.sub(lambda found: ids[found[0]], asked)
        printed = shell(asked, key)

        ids.update(zip(_ID.findall(expected), _ID.findall(printed), strict=True))
        assert printed == _ID.sub(lambda found: ids[found[0]], expected.strip()), line
