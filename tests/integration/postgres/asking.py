"""
What operators and callers ask of several servers.
"""

import json
from typing import Any

import httpx2
from click.testing import CliRunner
from several import PATIENCE, Hosts, Server

from smscore.domain.deliveries import Status
from smscore_server.cli import smscore

__all__ = ["has_left", "holders", "logged_in", "posted", "run", "submit"]


def run(hosts: Hosts, *arguments: str) -> Any:
    """What a command says."""
    config = str(hosts.directory / "alpha" / "smscore.toml")
    result = CliRunner().invoke(smscore, [*arguments, "--config", config])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def submit(hosts: Hosts, door: Server, to: str) -> int:
    """The message that a server has promised to send."""
    answer = posted(door, hosts.credentials.key, to)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["message_id"].removeprefix("msg_"), 16)


def has_left(hosts: Hosts, message: int) -> bool:
    with hosts.open() as gateway:
        status = gateway.inquiry.message(message).delivery.status
    return status in (Status.SENT, Status.DELIVERED)


def holders(hosts: Hosts) -> dict[str, str]:
    with hosts.open() as gateway:
        rights = gateway.store.read(lambda view: view.processes.rights())
    return {name: right.server for name, right in rights.items()}


def posted(door: Server, key: str, to: str = "+491721234567") -> httpx2.Response:
    return httpx2.post(
        f"{door.url}/v1/messages",
        headers={"Authorization": f"Bearer {key}"},
        json={"to": to, "message": "hello"},
        timeout=PATIENCE,
    )


def logged_in(door: Server, password: str, **headers: str) -> httpx2.Response:
    form = {"username": "apiuser", "password": password, "to": "+491721234567", "text": "hello"}
    return httpx2.post(f"{door.url}/api.php", data=form, headers=headers, timeout=PATIENCE)
