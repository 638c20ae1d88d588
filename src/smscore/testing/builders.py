"""
Values with sensible defaults, so that a test mentions only what matters to it.
"""

from itertools import count
from typing import Any

import attrs
from msgspec.structs import replace

from smscore.domain.accounts import Account
from smscore.domain.announcements import ANNOUNCED
from smscore.domain.apps import AppManifest, AppVersion
from smscore.domain.consent import Mark, MarkKind
from smscore.domain.credentials import User
from smscore.domain.deliveries import Delivery, DeliveryReport, Leg, ReportOutcome
from smscore.domain.devices import Device
from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.headers import Concatenation, concatenation_element, write_elements
from smscore.domain.inbound import InboundPart
from smscore.domain.links import Link
from smscore.domain.messages import AccountId, MessageId, OutboundMessage, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.segments import Encoding, Segments
from smscore.domain.user_data import Coding
from smscore.domain.webhooks import Posting, PostingId, Webhook, WebhookId
from smscore.ports.storage import Tracked
from smscore.ports.transport import SendJob
from smscore.testing.fakes import NOON

__all__ = [
    "a_contact",
    "a_delivery",
    "a_device",
    "a_group",
    "a_job",
    "a_link",
    "a_mark",
    "a_message",
    "a_part",
    "a_posting",
    "a_report",
    "a_tracked",
    "a_user",
    "a_webhook",
    "an_account",
    "an_app_manifest",
    "an_app_version",
]

_numbers = count(1)
RECIPIENT = PhoneNumber("+491701234567")


def an_account(**changes: Any) -> Account:
    """An account that meters nothing."""
    return Account(**{"id": AccountId(1), "name": "acme", **changes})


def a_user(**changes: Any) -> User:
    """A user without permissions."""
    return User(
        **{"name": "apiuser", "account": AccountId(1), "password_hash": "unusable", **changes}
    )


def a_contact(**changes: Any) -> Contact:
    """The first contact of account 1, with a number."""
    return Contact(
        **{
            "id": ContactId(1),
            "account": AccountId(1),
            "name": "anna",
            "number": RECIPIENT,
            **changes,
        }
    )


def a_group(**changes: Any) -> Group:
    """The first group of account 1."""
    return Group(**{"id": GroupId(1), "account": AccountId(1), "name": "oncall", **changes})


def a_message(**changes: Any) -> OutboundMessage:
    """A short text; each has an id of its own."""
    return OutboundMessage(
        **{
            "id": MessageId(next(_numbers)),
            "account": AccountId(1),
            "recipient": RECIPIENT,
            "recipient_as_given": RECIPIENT.value,
            "text": "hello",
            "surface": Surface.LIBRARY,
            "accepted_at": NOON,
            **changes,
        }
    )


def a_delivery(message: OutboundMessage | None = None, **changes: Any) -> Delivery:
    """A queued delivery of the message on the channel ``fake``, one part long."""
    message = message or a_message()
    return Delivery(
        **{
            "message": message.id,
            "account": message.account,
            "recipient": message.recipient,
            "route": (Leg(channel="fake", price=1),),
            "segments": 1,
            "charged": 0,
            "accepted_at": message.accepted_at,
            "priority": message.priority,
            "expires_at": message.expires_at,
            **changes,
        }
    )


def a_mark(**changes: Any) -> Mark:
    """A number whose owner opted out of everything at noon."""
    return Mark(**{"number": "a" * 64, "kind": MarkKind.OPTED_OUT, "at": NOON, **changes})


def a_tracked(**changes: Any) -> Tracked:
    """A message and its delivery; the changes are the delivery's."""
    message = a_message()
    return Tracked(message=message, delivery=a_delivery(message, **changes))


def a_device(**changes: Any) -> Device:
    """A phone of account 1 that polled at noon."""
    return Device(
        **{
            "account": AccountId(1),
            "name": "pixel",
            "first_seen": NOON,
            "last_seen": NOON,
            "last_poll": NOON,
            **changes,
        }
    )


def a_report(**changes: Any) -> DeliveryReport:
    """A report of success."""
    return DeliveryReport(
        **{
            "channel": "fake",
            "reference": "1",
            "recipient": RECIPIENT,
            "outcome": ReportOutcome.DELIVERED,
            "received_at": NOON,
            **changes,
        }
    )


def a_part(*, concatenation: Concatenation | None = None, **changes: Any) -> InboundPart:
    """An inbound message of one part, or the part of a longer one that has this place."""
    if concatenation is not None:
        changes["header"] = write_elements(concatenation_element(concatenation))
    return InboundPart(
        **{
            "channel": "fake",
            "sender": "+491709999999",
            "coding": Coding.UCS2,
            "user_data": "hi".encode("utf-16-be"),
            "received_at": NOON,
            "fingerprint": f"part-{next(_numbers)}",
            **changes,
        }
    )


def a_link(**changes: Any) -> Link:
    """A link of the usual recipient to the channel ``fake``."""
    return Link(
        **{
            "channel": "fake",
            "number": RECIPIENT,
            "address": "1001",
            "linked_at": NOON,
            **changes,
        }
    )


def a_job(*parts: str, **changes: Any) -> SendJob:
    """A job of these parts, one if none are given."""
    parts = parts or ("hello",)
    return SendJob(
        **{
            "message": MessageId(next(_numbers)),
            "recipient": RECIPIENT,
            "text": "".join(parts),
            "segments": Segments(encoding=Encoding.GSM7, parts=parts),
            "concat_reference": 42,
            **changes,
        }
    )


def an_app_manifest(**changes: Any) -> AppManifest:
    """Version 1.0.0 of an app, signed once."""
    return AppManifest(
        **{
            "package": "org.example.phone",
            "version": "1.0.0",
            "code": 1,
            "certificates": ("c1" * 32,),
            **changes,
        }
    )


def an_app_version(manifest: AppManifest | None = None, **changes: Any) -> AppVersion:
    """A published version with this manifest."""
    return AppVersion(
        **{
            "manifest": manifest or an_app_manifest(),
            "digest": "d1" * 32,
            "size": 1000,
            "notes": "",
            "published_at": NOON,
            **changes,
        }
    )


def a_webhook(**changes: Any) -> Webhook:
    """The webhook 5 of account 1, for all events."""
    webhook = Webhook(
        id=WebhookId(5),
        account=AccountId(1),
        url="https://example.org/hook",
        events=ANNOUNCED,
        created_at=NOON,
    )
    return attrs.evolve(webhook, **changes)


def a_posting(**changes: Any) -> Posting:
    """The first event of message 1, due for :func:`a_webhook`."""
    webhook = a_webhook()
    posting = Posting(
        id=PostingId(1),
        account=AccountId(1),
        endpoint=webhook.endpoint,
        webhook=webhook.id,
        url=None,
        event_id=1,
        event="message.queued",
        message=MessageId(1),
        sequence=1,
        body=b"{}",
        created_at=NOON,
        due_at=NOON,
    )
    return replace(posting, **changes)
