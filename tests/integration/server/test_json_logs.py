"""
Lines of JSON from a running server: each is an object, and says what it is about.
"""

import json
from pathlib import Path

import httpx2
import pytest


@pytest.fixture
def json_logs(installation: Path) -> None:
    config = installation / "smscore.toml"
    content = config.read_text().replace("[log]", '[log]\nformat = "json"')
    config.write_text(
        f'{content}\n[channels.modem-1]\ntransport = "modem"\nport = "/dev/there-is-no-such"\n'
    )


def test_every_line_is_an_object_that_says_what_it_is_about(json_logs, answer, start):
    answer("account", "create", "shop")
    key = answer("key", "create", "--account", "shop")["key"]
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    with httpx2.Client(base_url=url, timeout=30) as client:
        client.get("/v1/account", headers={"Authorization": f"Bearer {key}"})
        client.get("/v1/account")

    lines = [json.loads(line) for line in server.end().splitlines()]

    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    known, stranger = (one for one in lines if one["logger"] == "smscore.http.access")
    assert (known["method"], known["path"], known["status"]) == ("GET", "/v1/account", 200)
    assert known["account"] == "shop"
    assert "account" not in stranger
    assert len({known["request"], stranger["request"]}) == 2
    assert any(line.get("channel") == "modem-1" for line in lines)
