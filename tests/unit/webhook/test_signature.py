"""What endpoints verify: the documented signature, and that of Standard Webhooks."""

import base64
from datetime import UTC, datetime

from smscore.ports.webhooks import Call
from smscore_webhook._signature import provider_signature, signed_headers, standard_signature

DOCUMENTED = (
    b'{"event":"message.delivered","message_id":"msg_5f8d2b38c4a7f","to":"+1234567890",'
    b'"status":"delivered","delivered_at":"2023-12-01T15:23:48Z","timestamp":1701446628}'
)
OLD, NEW = ("whsec_" + base64.b64encode(bytes([one]) * 32).decode() for one in (1, 2))


def a_call(*secrets: str) -> Call:
    return Call(
        url="https://example.org/",
        event_id="evt_0000000000000007",
        sequence=3,
        body=DOCUMENTED,
        secrets=secrets,
        at=datetime(2023, 12, 1, 16, 3, 48, 600_000, tzinfo=UTC),
    )


def test_the_documented_example_has_the_documented_signature() -> None:
    found = provider_signature(DOCUMENTED, secret="whsec_test")

    assert found == "eb5ea6fb21a51fc9d0e3581380147f7a57ebd959cdbffe3223bf0aae57264254"


def test_the_example_of_standard_webhooks_has_its_signature() -> None:
    found = standard_signature(
        b'{"test": 2432232314}',
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        seconds=1614265330,
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_call_says_what_it_is_and_when_it_was_signed() -> None:
    headers = dict(signed_headers(a_call(NEW)))

    assert list(headers) == [
        "X-SMSProvider-Signature",
        "X-SMSProvider-Sequence",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    assert headers["X-SMSProvider-Sequence"] == "3"
    assert headers["webhook-id"] == "evt_0000000000000007"
    assert headers["webhook-timestamp"] == "1701446628"


def test_after_a_rotation_one_header_has_the_new_signature_and_the_other_both() -> None:
    headers, new, old = (
        dict(signed_headers(a_call(*some))) for some in ((NEW, OLD), (NEW,), (OLD,))
    )

    assert headers["X-SMSProvider-Signature"] == new["X-SMSProvider-Signature"]
    assert headers["webhook-signature"].split() == [
        new["webhook-signature"],
        old["webhook-signature"],
    ]
