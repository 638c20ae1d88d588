"""
What application developers call the provider API with: curl as such APIs document it, and apprise.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from server_process import Server

pytestmark = pytest.mark.peers

PATIENCE = 60.0

# The lines as the providers' documentation prints them; a reader changes host, key and id.
ACCOUNT = r"""
curl -X GET https://api.smsprovider.com/v1/account \
-H "Authorization: Bearer YOUR_API_KEY"
"""
SINGLE = r"""
curl -X POST https://api.smsprovider.com/v1/messages \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"to": "+1234567890",
"message": "Hello from SMS Provider!",
"from": "YourBrand"
}'
"""
BULK = r"""
curl -X POST https://api.smsprovider.com/v1/messages \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"to": ["+1234567890", "+9876543210"],
"message": "Bulk message from SMS Provider!"
}'
"""
STATUS = r"""
curl -X GET https://api.smsprovider.com/v1/messages/msg_5f8d2b38c4a7f \
-H "Authorization: Bearer YOUR_API_KEY"
"""

WEBHOOK = r"""
curl -X POST https://api.smsprovider.com/v1/webhooks \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"url": "https://your-server.com/sms-webhook",
"events": ["message.delivered", "message.failed"]
}'
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, credits=1230) as server:
        yield server


@pytest.fixture
def curl(server: Server) -> Callable[..., Any]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; 'make test-peers' does it")

    def curl(lines: str, **changed: str) -> Any:
        key = server.site.bearer["Authorization"].removeprefix("Bearer ")
        theirs = {"https://api.smsprovider.com": server.url, "YOUR_API_KEY": key, **changed}
        for printed, ours in theirs.items():
            lines = lines.replace(printed, ours)
        done = subprocess.run(
            ["sh", "-c", lines], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        return json.loads(done.stdout)

    return curl


def test_the_documented_lines_for_curl_answer_as_documented(curl: Callable[..., Any]) -> None:
    single, bulk, account, webhook = curl(SINGLE), curl(BULK), curl(ACCOUNT), curl(WEBHOOK)
    status = curl(STATUS, msg_5f8d2b38c4a7f=single["message_id"])

    assert list(single.items())[2:] == [
        ("credits_used", 1),
        ("credits_remaining", 1229),
        ("status", "queued"),
    ]
    assert (bulk["credits_used"], bulk["credits_remaining"]) == (2, 1227)
    assert [one["to"] for one in bulk["messages"]] == ["+1234567890", "+9876543210"]
    assert (account["name"], account["credits_remaining"]) == ("acme", 1227)
    assert webhook["url"] == "https://your-server.com/sms-webhook"
    assert webhook["events"] == ["message.delivered", "message.failed"]
    assert status == {
        "message_id": single["message_id"],
        "to": "+1234567890",
        "from": "YourBrand",
        "message": "Hello from SMS Provider!",
        "status": "queued",
        "sent_at": None,
        "delivered_at": None,
    }


# apprise, and its plug-in for JSON.


@pytest.fixture
def apprise(peer_python: str, server: Server) -> Callable[..., int]:
    program = str(Path(peer_python).with_name("apprise"))
    host = server.url.removeprefix("http://")

    def notify(text: str, *, to: str = "+491701234567", key: str | None = None) -> int:
        bearer = f"Bearer {key}" if key else server.site.bearer["Authorization"]
        address = f"json://{host}/v1/messages?+Authorization={quote(bearer)}&:to={quote(to)}"
        done = subprocess.run(
            [program, "-b", text, address],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode

    return notify


@pytest.mark.parametrize("text", ["Disk full on web-1", "Größe: 100 % & mehr + x 😀"])
def test_apprise_sends(apprise: Callable[..., int], server: Server, text: str) -> None:
    assert apprise(text) == 0

    [tracked] = server.stored()
    assert (tracked.message.text, tracked.message.recipient.value) == (text, "+491701234567")


@pytest.mark.parametrize("wrong", [{"to": "0170"}, {"key": "wrong"}])
def test_apprise_sees_a_refusal(
    apprise: Callable[..., int], server: Server, wrong: dict[str, str]
) -> None:
    assert apprise("Test", **wrong) != 0

    assert server.stored() == []
