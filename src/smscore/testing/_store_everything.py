"""
A unit of work that changes every collection, and a look at all of them.
"""

from msgspec.structs import replace

from smscore.domain.audit import AuditEntry
from smscore.domain.channels import ChannelMode, ChannelState
from smscore.domain.credentials import ProviderKey, QueueToken
from smscore.domain.directory import ContactId, GroupId
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.domain.routes import Revision, Route
from smscore.domain.webhooks import Generation
from smscore.errors import Rejected
from smscore.ports.storage import IdempotencyRecord, UnitOfWork, View
from smscore.testing._store_kit import (
    an_entry,
    an_event,
)
from smscore.testing.builders import (
    RECIPIENT,
    a_contact,
    a_device,
    a_group,
    a_link,
    a_mark,
    a_part,
    a_posting,
    a_report,
    a_tracked,
    a_user,
    a_webhook,
    an_account,
    an_app_version,
)
from smscore.testing.fakes import NOON

__all__ = ["ACCOUNT", "KEY", "Refused", "change_everything", "look_at_everything", "look_behind"]

ACCOUNT = AccountId(1)
KEY = IdempotencyRecord(
    account=ACCOUNT,
    surface=Surface.QUEUE,
    key="key",
    digest="digest",
    receipt=Receipt(accepted=()),
    at=NOON,
)


class Refused(Rejected):
    """What a unit raises here when it is to be undone."""


def change_everything(work: UnitOfWork) -> None:
    """Write something into every collection; account 1 must be there."""
    account = work.accounts.get(ACCOUNT)
    assert account is not None
    work.accounts.save(replace(account, credits=99, tariff="changed"))
    work.accounts.add(an_account(id=AccountId(2), name="new"))
    work.ledger.add(an_entry())
    tracked = a_tracked()
    work.outbox.add(tracked.message, tracked.delivery)
    work.outbox.park(a_report())
    work.inbox.add_part(a_part(fingerprint="part"))
    work.inbox.add(
        InboundMessage(
            id=MessageId(1), account=None, channel="a", sender="b", text="c", received_at=NOON
        )
    )
    work.links.put(a_link())
    work.consent.put(a_mark())
    work.idempotency.add(KEY)
    work.credentials.add_user(a_user())
    work.credentials.add_key(ProviderKey(digest="d", account=ACCOUNT, created_at=NOON))
    work.credentials.set_token(QueueToken(digest="t", account=ACCOUNT, generation=1))
    work.devices.put(a_device())
    work.directory.add_contacts([a_contact()])
    work.directory.add_group(a_group())
    work.directory.join(ACCOUNT, GroupId(1), contacts=[ContactId(1)])
    work.routing.add(Revision(number=1, at=NOON, routes=(Route(name="new", channels=("a",)),)))
    work.channels.set(ChannelState(channel="a", mode=ChannelMode.PAUSED, at=NOON))
    work.journal.put(channel="a", key="k", value=b"v")
    work.webhooks.save(a_webhook())
    work.webhooks.set_callback_secret(ACCOUNT, Generation(number=2, since=NOON))
    work.webhooks.add(a_posting())
    work.events.add(an_event())
    work.apps.put(an_app_version())
    work.audit.add(AuditEntry(at=NOON, who="root", what="app.published", subject="1"))
    work.processes.lease(now=NOON)


def look_at_everything(view: View) -> list[object]:
    """What a reader sees of it, collection by collection."""
    return [
        list(view.accounts.all()),
        view.ledger.total(ACCOUNT),
        list(view.outbox.find()),
        list(view.inbox.find()),
        list(view.links.of(RECIPIENT)),
        list(view.consent.find()),
        list(view.credentials.users()),
        view.credentials.key("d"),
        view.credentials.token_of(ACCOUNT),
        list(view.devices.find()),
        list(view.directory.contacts(ACCOUNT)),
        list(view.directory.groups(ACCOUNT)),
        list(view.directory.contacts_in(ACCOUNT, [GroupId(1)])),
        view.directory.newest_contact(ACCOUNT),
        list(view.routing.find()),
        dict(view.channels.all()),
        dict(view.outbox.backlog()),
        view.journal.get(channel="a", key="k"),
        list(view.events.of(MessageId(1))),
        list(view.apps.all()),
        list(view.audit.find()),
        list(view.webhooks.of(ACCOUNT)),
        view.webhooks.callback_secret(ACCOUNT),
        list(view.webhooks.upcoming(a_webhook().endpoint, limit=10)),
        list(view.processes.all()),
    ]


def look_behind(work: UnitOfWork) -> list[object]:
    """What only a unit of work can ask: answers, parked reports, known parts."""
    return [
        work.idempotency.get(account=ACCOUNT, surface=Surface.QUEUE, key="key"),
        list(work.outbox.unpark(channel="fake", reference="1")),
        work.inbox.add_part(a_part(fingerprint="part")),
    ]
