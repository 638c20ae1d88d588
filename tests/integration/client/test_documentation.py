"""
The examples of the client's page, run as they stand against a running server.
"""

import os
import re
import subprocess
import sys

import pytest
from pages import blocks, page

from smscore_client import Client

PAGE = page("client.md")
EXAMPLES = blocks(PAGE, "python")


def run(example, url, key):
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", example.replace("https://sms.example.com", url)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "SMS_API_KEY": key, "SMS_WEBHOOK_SECRET": "whsec_dGVzdA=="},
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_the_examples_of_the_page_run(server, key):
    said = [run(example, server.url, key) for example in EXAMPLES]

    listed = said.pop(2).splitlines()
    assert sorted(listed[:3]) == ["Good", "Your parcel is here", "morning"]
    assert listed[3:] == ["2 True", "1 False"]
    assert said == [
        "queued 1\n+491701234567 False",
        "2\nqueued\nqueued\nqueued",
        "invalid_phone_number 422",
        "no signature matches the secret, or there is none\n400",
        "9",
    ]


@pytest.mark.parametrize("name", re.findall(r"`((?:messages|account|inbound|webhooks)\.\w+)", PAGE))
def test_every_call_of_the_page_is_there(name):
    group, _, call = name.partition(".")

    assert callable(getattr(getattr(Client("key", base_url="http://x"), group), call))
