"""
The page about the queue API: its commands say what the page says, its phone works.
"""

import json
import re
import shlex
import shutil
import subprocess

import pytest
from pages import blocks, page

PAGE = page("queue-api.md")
GATEWAY = "http://gateway:8080"
_HASH = re.compile(r"\b[0-9a-f]{16}\b")


def steps():
    """Each command and what it prints."""
    return re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", "".join(blocks(PAGE, "console")), re.MULTILINE)


@pytest.fixture
def token(command, channel, tmp_path):
    """That of the account of the page, whose rules name its modem."""
    (tmp_path / "rules.toml").write_text(blocks(PAGE, "toml")[0])
    said = ""
    for line, _ in steps():
        printed, *arguments = shlex.split(line.replace("TOKEN=$(smscore", "token").rstrip(")"))
        if printed in ("smscore", "token") and "rules" not in arguments:
            said = command(*arguments).output
    return said.strip()


@pytest.fixture
def url(token, start):
    return json.loads(start("serve", "--port", "0", "--json").line())["url"]


def test_the_commands_of_the_page_print_what_it_says(url, token):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; 'make test-peers' does it")
    hashes = {}
    for line, expected in steps():
        if not line.startswith("curl "):
            continue
        asked = _HASH.sub(lambda found: hashes[found[0]], line.replace(GATEWAY, url))
        done = subprocess.run(
            ["sh", "-c", asked], capture_output=True, text=True, env={"TOKEN": token}, check=True
        )

        hashes.update(zip(_HASH.findall(expected), _HASH.findall(done.stdout), strict=True))
        assert done.stdout == _HASH.sub(lambda found: hashes[found[0]], expected.strip()), line


def test_the_phone_of_the_page_sends_and_reports(url, token, answer):
    [source] = blocks(PAGE, "python")
    phone = {}
    exec(source.replace(f"{GATEWAY}/api/TOKEN", f"{url}/api/{token}"), phone)
    phone["call"]("queue", [{"phone": "0712345678", "message": text} for text in ("yes", "no")])
    sent = []

    def send(number, text):
        sent.append(number)
        return text == "yes"

    phone["work"](send)

    assert sent == ["0712345678"] * 2
    assert [one["status"] for one in answer("messages", "list")] == ["failed", "delivered"]


@pytest.mark.usefixtures("token")
def test_the_rules_of_the_page_apply(command):
    result = command("rules", "apply", "rules.toml")

    assert result.exit_code == 0, result.output
