"""What endpoints are told, in which words and with which bytes."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.announcements import announced_as, inbound_body, outbound_body, sequence_of
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.testing import NOON, a_message

AT = datetime(2023, 12, 1, 15, 23, 48, 999_999, tzinfo=UTC)
MESSAGE = a_message(id=MessageId(0x1234))


def an_event(kind: str, *, sequence: int = 1, **detail: str) -> Event:
    return Event(
        message=MESSAGE.id,
        account=AccountId(1),
        sequence=sequence,
        kind=kind,
        at=AT,
        detail=detail,
    )


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("message.queued", "queued"),
        ("message.sent", "sent"),
        ("message.indeterminate", "sent"),
        ("message.delivered", "delivered"),
        ("message.expired", "expired"),
    ],
)
def test_an_event_has_its_keys_in_order_and_nothing_else(kind: str, status: str) -> None:
    body = outbound_body(an_event(kind), MESSAGE)

    assert body.decode() == (
        f'{{"event":"message.{status}","message_id":"msg_0000000000001234",'
        f'"to":"+491701234567","status":"{status}","{status}_at":"2023-12-01T15:23:48Z",'
        '"timestamp":1701444228}'
    )


def test_a_failure_tells_why() -> None:
    body = outbound_body(
        an_event("message.failed", error="no such “number”"), MESSAGE, error_code="undeliverable"
    )

    assert body.decode() == (
        '{"event":"message.failed","message_id":"msg_0000000000001234","to":"+491701234567",'
        '"status":"failed","failed_at":"2023-12-01T15:23:48Z","error_code":"undeliverable",'
        '"error":"no such “number”","timestamp":1701444228}'
    )


def test_what_was_withheld_has_failed_and_says_why() -> None:
    event = an_event("message.cancelled", error="the recipient opted out")

    content = json.loads(outbound_body(event, MESSAGE, error_code="recipient_opted_out"))

    assert (content["status"], content["error_code"]) == ("failed", "recipient_opted_out")


def test_what_was_cancelled_has_failed() -> None:
    event = an_event("message.cancelled", error="cancelled by the sender")

    content = json.loads(outbound_body(event, MESSAGE, error_code="cancelled"))

    assert announced_as(event) == content["event"] == "message.failed"
    assert (content["status"], content["error_code"]) == ("failed", "cancelled")


def test_a_recipient_is_written_as_the_provider_apis_caller_wrote_it() -> None:
    given_as = {"recipient_as_given": "+49 170 1234567"}
    provider = a_message(surface=Surface.PROVIDER, **given_as)
    other = a_message(surface=Surface.GATEWAY, **given_as)

    told = [
        json.loads(outbound_body(an_event("message.sent"), one))["to"] for one in (provider, other)
    ]

    assert told == ["+49 170 1234567", "+491701234567"]


def test_a_received_message_is_told_whole() -> None:
    message = InboundMessage(
        id=MessageId(0x99),
        account=AccountId(1),
        channel="fake",
        sender="+491709999999",
        text='ü 😀 "quoted"\n',
        received_at=NOON,
    )

    body = inbound_body(an_event("message.received"), message)

    assert body.decode() == (
        '{"event":"message.received","message_id":"in_0000000000000099","from":"+491709999999",'
        '"to":null,"message":"ü 😀 \\"quoted\\"\\n","status":"received",'
        f'"received_at":"{NOON:%Y-%m-%dT%H:%M:%SZ}","timestamp":1701444228}}'
    )


def numbered(story: Sequence[Event]) -> dict[int, str]:
    return {event.sequence: event.kind for event in story}


def test_sequence_numbers_count_what_is_announced_without_gaps() -> None:
    kinds = ["message.queued", "message.sending", "message.sent", "message.reported",
             "message.delivered"]  # fmt: skip
    story = [an_event(kind, sequence=number) for number, kind in enumerate(kinds, start=1)]

    numbers = [sequence_of(event, kinds=numbered(story)) for event in story]

    assert numbers == [1, None, 2, None, 3]


def test_what_is_queued_again_or_sent_after_doubt_is_no_news_outside() -> None:
    kinds = ["message.queued", "message.sending", "message.retried", "message.queued",
             "message.sending", "message.indeterminate", "message.sent", "message.failed",
             "message.delivered"]  # fmt: skip
    story = [an_event(kind, sequence=number) for number, kind in enumerate(kinds, start=1)]

    numbers = [sequence_of(event, kinds=numbered(story)) for event in story]

    assert numbers == [1, None, None, None, None, 2, None, 3, 4]


def test_what_becomes_of_a_message_that_an_operator_sends_again_is_told_again() -> None:
    kinds = ["message.queued", "message.sending", "message.sent", "message.failed",
             "message.queued", "message.sending", "message.sent", "message.failed",
             "message.queued", "message.failed", "message.delivered"]  # fmt: skip
    story = [an_event(kind, sequence=number) for number, kind in enumerate(kinds, start=1)]

    numbers = [sequence_of(event, kinds=numbered(story)) for event in story]

    assert numbers == [1, None, 2, 3, None, None, 4, 5, None, None, 6]


@given(st.text(max_size=50))
def test_any_text_is_written_as_receivers_write_it_again(text: str) -> None:
    message = InboundMessage(
        id=MessageId(1),
        account=AccountId(1),
        channel="fake",
        sender="+4917",
        text=text,
        received_at=NOON,
    )

    body = inbound_body(an_event("message.received"), message).decode()

    # As JSON.stringify does: nothing is escaped but what has to be, and nothing is put in between.
    assert json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")) == body
