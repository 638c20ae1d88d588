"""
What we post, verified as customers do: by the documented verifier under Node, and by the library of
Standard Webhooks. Both accept every event, whatever is in it, and neither if one byte is another.
"""

import base64
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from smscore.domain.announcements import inbound_body, outbound_body
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, MessageId, clean_text
from smscore.ports.webhooks import Call
from smscore.testing import a_message
from smscore_webhook._signature import signed_headers

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
KINDS = ["message.queued", "message.sent", "message.delivered", "message.failed", "message.expired"]


@pytest.fixture(scope="module")
def documented(peers_directory: Path, peer: Any) -> Iterator[Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; 'make test-peers' does it")
    verifier = peer(node, str(HERE / "verify_webhooks.js"))
    yield verifier
    verifier.end()


@pytest.fixture(scope="module")
def standard(peer_python: str, peer: Any) -> Iterator[Any]:
    verifier = peer(peer_python, str(HERE / "verify_standard_webhooks.py"))
    yield verifier
    verifier.end()


def a_body(text: str, source: Random) -> bytes:
    """An event that tells the text, as a received message or as the reason of a failure."""
    message = MessageId(source.getrandbits(63))
    kind = source.choice(["message.received", *KINDS])
    event = Event(
        message=message,
        account=AccountId(1),
        sequence=1,
        kind=kind,
        at=datetime.fromtimestamp(source.randrange(1_600_000_000, 2_000_000_000), tz=UTC),
        detail={"error": text},
    )
    if kind != "message.received":
        return outbound_body(event, a_message(id=message), error_code="undeliverable")
    return inbound_body(
        event,
        InboundMessage(
            id=message,
            account=AccountId(1),
            channel="modem",
            sender="+491709999999",
            text=text,
            received_at=event.at,
        ),
    )


def signed(body: bytes, source: Random, *, secrets: int = 1) -> tuple[dict[str, str], list[str]]:
    chosen = ["whsec_" + base64.b64encode(source.randbytes(32)).decode() for _ in range(secrets)]
    call = Call(
        url="https://example.org/",
        event_id=f"evt_{source.getrandbits(63):016x}",
        sequence=1,
        body=body,
        secrets=tuple(chosen),
        at=datetime.now(UTC),
    )
    return dict(signed_headers(call)), chosen


def damaged(body: bytes, source: Random) -> bytes:
    """With one byte changed, so that it says something else or nothing that can be read."""
    while True:
        place = source.randrange(len(body))
        changed = bytes([body[place] ^ source.randrange(1, 256)])
        other = body[:place] + changed + body[place + 1 :]
        if read(other) != read(body):
            return other


def read(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except ValueError:
        return None


def as_question(body: bytes, **more: object) -> dict[str, object]:
    return {"body": base64.b64encode(body).decode(), **more}


def test_the_documented_verifier_accepts_every_event_and_none_that_was_changed(
    texts: Iterator[tuple[str, Random]], documented: Any
) -> None:
    for text, source in texts:
        body = a_body(clean_text(text), source)
        headers, (secret,) = signed(body, source)
        signature = headers["X-SMSProvider-Signature"]
        other = damaged(body, source)

        answers = [
            documented.ask(as_question(one, signature=signature, secret=secret))
            for one in (body, other)
        ]

        assert answers == [True, False], (body, other)


def test_standard_webhooks_accepts_every_event_and_none_that_was_changed(
    texts: Iterator[tuple[str, Random]], standard: Any
) -> None:
    for text, source in texts:
        body = a_body(clean_text(text), source)
        headers, (secret,) = signed(body, source)
        other = damaged(body, source)

        answers = [
            standard.ask(as_question(one, headers=headers, secret=secret)) for one in (body, other)
        ]

        assert answers == [True, False], (body, other)


def test_standard_webhooks_accepts_both_secrets_after_a_rotation(standard: Any) -> None:
    body = b"{}"
    headers, secrets = signed(body, Random(1), secrets=2)

    answers = [
        standard.ask(as_question(body, headers=headers, secret=secret)) for secret in secrets
    ]

    assert answers == [True, True]


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_standard_webhooks_binds_id_and_time(standard: Any, header: str) -> None:
    headers, (secret,) = signed(b"{}", Random(2))
    changed = {**headers, header: headers[header][:-2] + "1A"[:2]}

    assert standard.ask(as_question(b"{}", headers=changed, secret=secret)) is False
