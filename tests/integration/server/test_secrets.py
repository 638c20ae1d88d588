"""
What clients log in with, right or wrong and in whatever place, and the log of a server that tells
everything. The log is searched after the test, as the logs of all tests are; so is what everybody
may read of the metrics.
"""

import json
from pathlib import Path

import httpx2
import pytest
from log_search import search

NUMBER = "491701234567"


@pytest.fixture
def account(command, answer):
    """An account with a user, a token and a key."""
    command("account", "create", "shop")
    command(
        "user", "create", "monitor", "--account", "shop", "--permission", "api.send",
        "--password-stdin", stdin="a good password\n",
    )  # fmt: skip
    token = answer("token", "create", "--account", "shop")["token"]
    key = answer("key", "create", "--account", "shop")["key"]
    return {"password": "a good password", "token": token, "key": key}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_server_that_tells_everything_tells_no_secret(account, installation: Path, start, form):
    config = installation / "smscore.toml"
    tables = f'[log]\nformat = "{form}"\n\n[http]\nmetrics = "open"'
    config.write_text(config.read_text().replace("[log]", "").replace("[http]", tables))
    server = start("serve", "--verbose", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    with httpx2.Client(base_url=url, timeout=30) as client:
        for password in (account["password"], "a wrong-word"):
            login = {"username": "monitor", "password": password, "to": "0170", "text": "x"}
            client.get("/api.php", params=login)
            client.post("/api.php", data=login)
            client.get(f"/api.php&password={password}")
            client.get("/state.php", params={**login, "uid": "x"})
            client.post("/api/signin", json=login)
        for token in (account["token"], account["token"][::-1]):
            client.get(f"/api/{token}/get_messages")
            client.get(f"/{token}/api.php")
            client.post(f"/api/{token}/queue", content=b"{" + token.encode())
        for key in (account["key"], f"sk_{'x' * 43}"):
            bearer = {"Authorization": f"Bearer {key}"}
            client.get("/v1/account", headers=bearer)
            client.get(f"/v1/{key}", headers=bearer)
            client.post("/v1/messages", json={"to": key, "message": key}, headers=bearer)
            client.post("/v1/messages", json={"to": f"+{NUMBER}", "message": key}, headers=bearer)
        metrics = client.get("/metrics").text

    log = server.end()

    assert log.count("smscore.http.access") == 25
    assert "smscore_submissions_total" in metrics
    search(metrics.splitlines(), of="/metrics")
    for secret in (*account.values(), NUMBER, "monitor", "shop"):
        assert secret not in metrics
    for secret in account.values():
        assert secret not in log
