"""
A gateway whose relay is its own door: what it sends comes back to it, and goes round no more.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from databases import new_database
from measured import measured

import smscore
from smscore.domain.destinations import AutoReply
from smscore.domain.inbound import InboundKind
from smscore.domain.inbound_rules import InboundRule
from smscore_smtp import SmtpDoor

INBOX = "inbox@sms.example.org"
PATIENCE = 60.0


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[smscore.Gateway]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    new_database(tmp_path / "smscore.db")
    config = smscore.GatewayConfig.from_mapping(
        {
            "smtp": {"domains": ["sms.example.org"], "port": port, "inboxes": {INBOX: "acme"}},
            "channels": {
                "mail": {
                    "transport": "email",
                    "host": "127.0.0.1",
                    "port": port,
                    "tls": "none",
                    "from_address": INBOX,
                    "reconnect_delay": 0.05,
                }
            },
        },
        directory=tmp_path,
    )
    with smscore.build(config) as gateway, measured(gateway):
        gateway.administration.create_account("acme")
        with gateway.running(), SmtpDoor(gateway).running():
            yield gateway


def has_rule(gateway: smscore.Gateway, destination: AutoReply) -> None:
    rule = InboundRule(name="rule", destinations=(destination,), account="acme")
    gateway.rules.apply([], inbound=[rule])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.02)


def test_what_was_sent_is_received_word_for_word_and_not_answered(gateway: smscore.Gateway) -> None:
    has_rule(gateway, AutoReply(text="thank you"))

    gateway.submissions.submit(account="acme", to=INBOX, text="Grüße\nvon hier. 😀")

    wait_until(lambda: len(gateway.inquiry.inbound(limit=5)) == 1)
    (message,) = gateway.inquiry.inbound(limit=5)
    assert (message.kind, message.sender) == (InboundKind.EMAIL, INBOX)
    assert message.text == "Grüße\nvon hier. 😀"
    events = gateway.store.read(lambda view: view.events.of(message.id))
    (refused,) = [event for event in events if event.kind == "rule.refused"]
    assert "nobody wrote it" in str(refused.detail)
    assert len(gateway.inquiry.messages(limit=10)) == 1
