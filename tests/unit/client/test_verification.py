"""
Which webhooks are believed, and what they tell.
"""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smscore_client as sms
from smscore.ports.webhooks import Call
from smscore_webhook._signature import signed_headers

NOW = 1_772_366_403
OLD, NEW, OTHER = ("whsec_" + base64.b64encode(bytes([one]) * 32).decode() for one in (1, 2, 3))
DOCUMENTED = (
    b'{"event":"message.delivered","message_id":"msg_5f8d2b38c4a7f","to":"+1234567890",'
    b'"status":"delivered","delivered_at":"2023-12-01T15:23:48Z","timestamp":1701446628}'
)
SIGNATURE = "eb5ea6fb21a51fc9d0e3581380147f7a57ebd959cdbffe3223bf0aae57264254"
BODY_ONLY = {"X-SMSProvider-Signature": SIGNATURE}


def posted(body=DOCUMENTED, *secrets, at=NOW, sequence=3):
    """The headers with which the server posts a body."""
    call = Call(
        url="https://shop.example",
        event_id="evt_0000000000000007",
        sequence=sequence,
        body=body,
        secrets=secrets or (NEW,),
        at=datetime.fromtimestamp(at, UTC),
    )
    return dict(signed_headers(call))


def written(**fields):
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def test_what_the_server_posts_is_believed_and_read():
    event = sms.verify_webhook(DOCUMENTED, posted(), NEW, now=NOW)

    assert event == sms.MessageEvent(
        id="evt_0000000000000007",
        sequence=3,
        event="message.delivered",
        timestamp=datetime(2023, 12, 1, 16, 3, 48, tzinfo=UTC),
        message_id="msg_5f8d2b38c4a7f",
        to="+1234567890",
        status="delivered",
        at=datetime(2023, 12, 1, 15, 23, 48, tzinfo=UTC),
        error_code=None,
        error=None,
    )


def test_a_failure_is_told_with_its_reason():
    body = written(
        event="message.failed",
        message_id="msg_1",
        to="+491701234567",
        status="failed",
        failed_at="2026-03-01T12:00:03Z",
        error_code="rejected",
        error="The network refused it",
        timestamp=NOW,
    )

    event = sms.verify_webhook(body, posted(body), NEW, now=NOW)

    assert (event.error_code, event.error) == ("rejected", "The network refused it")
    assert event.at == datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC)


def test_a_received_message_is_told_with_its_text():
    body = written(
        event="message.received",
        message_id="in_1",
        **{"from": "+491701234567"},
        to=None,
        message="Ja 👍",
        status="received",
        received_at="2026-03-01T12:00:03Z",
        timestamp=NOW,
    )

    event = sms.verify_webhook(body, posted(body), NEW, now=NOW)

    assert isinstance(event, sms.MessageReceived)
    assert (event.from_, event.to, event.message) == ("+491701234567", None, "Ja 👍")


@pytest.mark.parametrize(
    ("event", "kind"),
    [("message.received", sms.MessageReceived), ("message.updated", sms.MessageUpdated)],
)
def test_a_received_message_may_have_gaps(event, kind):
    body = written(
        event=event,
        message_id="in_1",
        **{"from": "+491701234567"},
        to=None,
        message="Ja […]",
        status="received",
        received_at="2026-03-01T12:00:03Z",
        timestamp=NOW,
        missing_parts=[2, 3],
    )

    told = sms.verify_webhook(body, posted(body), NEW, now=NOW)

    assert type(told) is kind
    assert (told.message, told.missing_parts) == ("Ja […]", (2, 3))


def test_an_event_of_tomorrow_is_handed_over_as_it_is():
    body = written(event="message.read", who="somebody")

    event = sms.verify_webhook(body, posted(body), NEW, now=NOW)

    assert event == sms.UnknownEvent(
        id="evt_0000000000000007",
        sequence=3,
        event="message.read",
        fields={"event": "message.read", "who": "somebody"},
    )


@given(text=st.text(st.characters(exclude_categories=["Cs"])), secret=st.binary(min_size=1))
def test_whatever_the_text_and_the_secret_the_signatures_are_the_servers(text, secret):
    body = written(event="message.read", text=text)
    key = "whsec_" + base64.b64encode(secret).decode()
    headers = posted(body, key)
    body_only = {"X-SMSProvider-Signature": headers["X-SMSProvider-Signature"]}

    assert sms.verify_webhook(body, headers, key, now=NOW).fields["text"] == text
    assert sms.verify_webhook(body, body_only, key, tolerance=None).fields["text"] == text


@given(place=st.integers(0, len(DOCUMENTED) - 1), change=st.integers(1, 255))
def test_one_changed_byte_is_enough_to_be_refused(place, change):
    body = bytearray(DOCUMENTED)
    body[place] ^= change

    with pytest.raises(sms.InvalidSignature):
        sms.verify_webhook(bytes(body), posted(), NEW, now=NOW)
    with pytest.raises(sms.InvalidSignature):
        sms.verify_webhook(bytes(body), BODY_ONLY, "whsec_test", tolerance=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "evt_0000000000000008"),
        ("webhook-timestamp", str(NOW + 1)),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", "v1,ä v1,\udcff"),
        ("webhook-signature", ""),
        ("webhook-timestamp", "now"),
    ],
)
def test_a_changed_header_is_refused(name, value):
    headers = {**posted(), name: value}
    del headers["X-SMSProvider-Signature"]

    for tolerance in (300.0, None):
        with pytest.raises(sms.InvalidSignature):
            sms.verify_webhook(DOCUMENTED, headers, NEW, now=NOW, tolerance=tolerance)


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
def test_a_signature_of_another_time_is_refused(at):
    with pytest.raises(sms.InvalidSignature, match="too old, or from the future") as caught:
        sms.verify_webhook(DOCUMENTED, posted(at=at), NEW, now=NOW)

    assert caught.value.code == "invalid_timestamp"
    assert sms.verify_webhook(DOCUMENTED, posted(at=at), NEW, now=NOW, tolerance=301.0)
    assert sms.verify_webhook(DOCUMENTED, posted(at=at), NEW, now=NOW, tolerance=None)


def test_a_signature_without_a_time_does_not_count_unless_that_is_asked_for():
    """Or else an old post, without the headers that have the time, would be as good as new."""
    with pytest.raises(sms.InvalidSignature, match="covers no time"):
        sms.verify_webhook(DOCUMENTED, BODY_ONLY, "whsec_test")

    event = sms.verify_webhook(DOCUMENTED, BODY_ONLY, "whsec_test", tolerance=None)
    assert event.message_id == "msg_5f8d2b38c4a7f"


def test_an_id_that_nothing_proves_is_not_handed_over():
    headers = {**BODY_ONLY, "webhook-id": "evt_0000000000000009"}

    assert sms.verify_webhook(DOCUMENTED, headers, "whsec_test", tolerance=None).id is None


@pytest.mark.parametrize("mine", [OLD, NEW, (OLD, NEW), [OTHER, OLD]])
def test_during_a_rotation_either_secret_will_do(mine):
    assert sms.verify_webhook(DOCUMENTED, posted(DOCUMENTED, NEW, OLD), mine, now=NOW)


def test_the_secret_of_somebody_else_will_not_do():
    with pytest.raises(sms.InvalidSignature, match="no signature matches"):
        sms.verify_webhook(DOCUMENTED, posted(DOCUMENTED, NEW, OLD), OTHER, now=NOW)


@pytest.mark.parametrize("secret", ["", [], "whsec_", [NEW, ""], "whsec_?"])
def test_a_secret_that_is_none_is_a_fault_and_never_accepted(secret):
    with pytest.raises(ValueError, match="secret must"):
        sms.verify_webhook(DOCUMENTED, posted(), secret, now=NOW)


@pytest.mark.parametrize("body", [DOCUMENTED.decode(), json.loads(DOCUMENTED)])
def test_a_body_that_was_parsed_is_not_taken_for_what_was_signed(body):
    with pytest.raises(TypeError, match="before anything has parsed them"):
        sms.verify_webhook(body, posted(), NEW, now=NOW)


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_headers_are_found_however_a_framework_writes_them(change):
    headers = {change(name): value for name, value in posted().items()}

    assert sms.verify_webhook(DOCUMENTED, headers, NEW, now=NOW).sequence == 3


def test_nothing_signed_is_nothing_believed():
    with pytest.raises(sms.InvalidSignature, match="or there is none"):
        sms.verify_webhook(DOCUMENTED, {}, NEW, now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"event":1}', b'{"event":"message.sent"}', DOCUMENTED[:-1]]
)
def test_what_is_signed_and_no_event_is_a_fault_of_the_server(body):
    with pytest.raises(sms.UnreadableEvent, match="no event"):
        sms.verify_webhook(body, posted(body), NEW, now=NOW)


def test_a_timestamp_beyond_all_calendars_is_no_event():
    body = DOCUMENTED.replace(b"1701446628", b"9" * 40)

    with pytest.raises(sms.UnreadableEvent):
        sms.verify_webhook(body, posted(body), NEW, now=NOW)
