from types import SimpleNamespace

import pytest

from smscore.testing import ManualClock
from smscore_smtp import options_of
from smscore_smtp._admission import Admission, Inbox, Peer
from smscore_smtp._desk import Desk


@pytest.mark.parametrize(
    ("content", "sender", "is_automatic"),
    [
        (b"Subject: x\r\n\r\nhello", "a@example.org", False),
        (b"Subject: x\r\n\r\nhello", "", True),
        (b"Auto-Submitted: auto-replied\r\n\r\nhello", "a@example.org", True),
        (b"Precedence: bulk\r\n\r\nhello", "a@example.org", True),
    ],
)
def test_what_no_person_wrote_is_marked_when_it_is_received(content, sender, is_automatic):
    received = []
    reception = SimpleNamespace(received=lambda part, *, owner: received.append((part, owner)))
    options = options_of({"domains": ["sms.example.org"]})
    gateway = SimpleNamespace(reception=reception, clock=ManualClock())
    desk = Desk(gateway, options, admission=Admission(options))
    inbox = Inbox(address="inbox@sms.example.org", account="shop")

    answer = desk.take(content, peer=Peer(address="127.0.0.1", sender=sender), to=[inbox])

    ((part, owner),) = received
    assert (answer, owner) == ("250 2.0.0 received", "shop")
    assert part.is_automatic is is_automatic
