"""
What plugin authors and embedders test with: a store in memory, fakes, builders, contracts.

The contracts need pytest and are imported from :mod:`smscore.testing.contracts`.
"""

from smscore.testing.builders import (
    a_contact,
    a_delivery,
    a_group,
    a_job,
    a_link,
    a_mark,
    a_message,
    a_part,
    a_posting,
    a_report,
    a_tracked,
    a_user,
    a_webhook,
    an_account,
    an_app_manifest,
    an_app_version,
)
from smscore.testing.fakes import (
    NOON,
    FakeTransport,
    ManualClock,
    RecordingJournal,
    RecordingSink,
)
from smscore.testing.identity import PlainAuthenticator
from smscore.testing.memory import MemoryStore
from smscore.testing.webhooks import FakeSender

__all__ = [
    "NOON",
    "FakeSender",
    "FakeTransport",
    "ManualClock",
    "MemoryStore",
    "PlainAuthenticator",
    "RecordingJournal",
    "RecordingSink",
    "a_contact",
    "a_delivery",
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
