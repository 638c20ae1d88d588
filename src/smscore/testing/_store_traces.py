"""
The store contract: what tells of a person is found, wherever it is, and can be dropped.

Longer than its siblings: it names somebody in everything that a store keeps.
"""

from collections.abc import Sequence

import attrs
import pytest

from smscore.domain.audit import AuditEntry
from smscore.domain.channels import ChannelMode, ChannelState
from smscore.domain.credentials import ProviderKey
from smscore.domain.deliveries import Status
from smscore.domain.directory import ContactId, GroupId
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.domain.receipts import AcceptedItem, Receipt
from smscore.domain.routes import Revision, Route
from smscore.domain.user_data import Coding
from smscore.domain.webhooks import Attempt, PostingId, PostingState
from smscore.ports.storage import (
    IdempotencyRecord,
    Store,
    Trace,
    TraceKey,
    TraceKind,
    Tracked,
    UnitOfWork,
    View,
)
from smscore.testing._store_kit import add, an_entry, an_event, do
from smscore.testing.builders import (
    RECIPIENT,
    a_contact,
    a_delivery,
    a_device,
    a_group,
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
    an_app_version,
)
from smscore.testing.fakes import NOON

__all__ = ["TracesContract"]

_NUMBER = RECIPIENT.value
_ACCOUNT = AccountId(1)
_OTHER = PhoneNumber("+15550100")


def _mention(work: UnitOfWork) -> None:
    """Name the person in everything that a store keeps."""
    message = a_message(
        text=f"call {_NUMBER}", sender=SenderId(_NUMBER), recipient=_OTHER, recipient_as_given="1"
    )
    delivery = a_delivery(message, error=f"no {_NUMBER}", error_code="no")
    work.outbox.add(message, delivery)
    work.outbox.park(a_report(detail=_NUMBER))
    work.inbox.add(_received(1, text=_NUMBER))
    work.inbox.add_part(a_part(coding=Coding.GSM7, user_data=_NUMBER.encode()))
    work.links.put(a_link(name=_NUMBER))
    work.idempotency.add(_answer(_NUMBER))
    work.accounts.add(an_account(name=_NUMBER))
    work.credentials.add_user(a_user(name=_NUMBER))
    work.devices.put(a_device(name=_NUMBER))
    work.directory.add_contacts([a_contact(notes=_NUMBER)])
    work.directory.add_group(a_group(name=_NUMBER))
    work.routing.add(
        Revision(
            number=1, at=NOON, routes=(Route(name="one", prefixes=(_NUMBER,), channels=("a",)),)
        )
    )
    work.channels.set(
        ChannelState(channel="a", mode=ChannelMode.PAUSED, at=NOON, why=f"by {_NUMBER}")
    )
    work.journal.put(channel="a", key="k", value=_NUMBER.encode())
    work.webhooks.save(a_webhook(url=f"https://example.org/{_NUMBER}"))
    work.webhooks.add(a_posting(body=_NUMBER.encode()))
    posting = a_posting(id=PostingId(2), state=PostingState.DEAD, last_error=_NUMBER)
    work.webhooks.add(posting)
    attempt = Attempt(number=1, at=NOON, seconds=1, answer=_NUMBER.encode())
    work.webhooks.record(posting, attempt, at=NOON)
    work.events.add(an_event(detail={"to": _NUMBER}))
    work.ledger.add(an_entry(why=_NUMBER))
    work.audit.add(AuditEntry(at=NOON, who="root", what="user.removed", subject=_NUMBER))
    work.consent.put(a_mark(why=_NUMBER))
    work.apps.put(attrs.evolve(an_app_version(), notes=_NUMBER))
    work.credentials.add_key(
        ProviderKey(digest="d", account=_ACCOUNT, created_at=NOON, label=_NUMBER)
    )


def _received(number: int, *, text: str = "hi", sender: str = "+15550100") -> InboundMessage:
    return InboundMessage(
        id=MessageId(number),
        account=_ACCOUNT,
        channel="fake",
        sender=sender,
        text=text,
        received_at=NOON,
    )


def _answer(to: str) -> IdempotencyRecord:
    item = AcceptedItem(index=0, message=MessageId(7), to=to, status=Status.QUEUED, credits=1)
    return IdempotencyRecord(
        account=_ACCOUNT,
        surface=Surface.QUEUE,
        key="key",
        digest="digest",
        receipt=Receipt(accepted=(item,)),
        at=NOON,
    )


def _all(store: Store, kind: TraceKind, *, limit: int = 100) -> list[Trace]:
    """Everything of a kind, page by page."""

    def page(view: View) -> Sequence[Trace]:
        return view.traces.page(kind, after=after, limit=limit)

    found: list[Trace] = []
    after: TraceKey | None = None
    while traces := store.read(page):
        found += traces
        after = traces[-1].key
    return found


def _drop(store: Store, kind: TraceKind) -> None:
    keys = [one.key for one in _all(store, kind)]
    do(store, lambda work: work.traces.drop(kind, keys))


class TracesContract:
    """Whatever may hold a number or a text can be looked through and changed."""

    @pytest.mark.parametrize("kind", list(TraceKind))
    def test_whoever_is_named_is_found_in_things_of_each_kind(
        self, store: Store, kind: TraceKind
    ) -> None:
        do(store, _mention)

        named = [text for one in _all(store, kind) for text in one.texts.values()]

        assert any(_NUMBER in text for text in named)

    @pytest.mark.parametrize("kind", list(TraceKind))
    def test_what_is_there_comes_page_by_page_and_nothing_twice(
        self, store: Store, kind: TraceKind
    ) -> None:
        do(store, _mention)

        assert _all(store, kind, limit=1) == _all(store, kind)

    @pytest.mark.parametrize("kind", list(TraceKind))
    def test_the_last_key_is_that_of_the_last_one(self, store: Store, kind: TraceKind) -> None:
        before = store.read(lambda view: view.traces.last(kind))
        nothing = _all(store, kind)
        do(store, _mention)

        last = store.read(lambda view: view.traces.last(kind))

        assert before == (nothing[-1].key if nothing else None)
        assert last == _all(store, kind)[-1].key

    def test_messages_parts_reports_contacts_and_links_say_whose_they_are(
        self, store: Store
    ) -> None:
        add(store, a_tracked())

        def work(work: UnitOfWork) -> None:
            work.inbox.add(_received(1, sender=_NUMBER))
            work.inbox.add_part(a_part(sender=_NUMBER))
            work.outbox.park(a_report(recipient=RECIPIENT))
            work.directory.add_contacts([a_contact(number=RECIPIENT)])
            work.links.put(a_link(number=RECIPIENT))

        do(store, work)

        kinds = ("messages", "inbound", "parts", "reports", "contacts", "links")
        whose = [one.whose for kind in kinds for one in _all(store, TraceKind(kind))]
        assert whose == [(_NUMBER,)] * len(kinds)

    def test_a_part_in_utf_16_is_read_as_a_text(self, store: Store) -> None:
        part = a_part(coding=Coding.UCS2, user_data=_NUMBER.encode("utf-16-be"))
        do(store, lambda work: work.inbox.add_part(part))

        (found,) = _all(store, TraceKind.PARTS)

        assert found.texts["user_data"] == _NUMBER

    def test_a_dropped_message_takes_its_story_and_leaves_its_cost(self, store: Store) -> None:
        gone, stays = a_tracked(), a_tracked()
        add(store, gone, stays)

        def tell(work: UnitOfWork) -> None:
            for one in (gone, stays):
                work.events.add(an_event(message=one.message.id))
                work.ledger.add(an_entry(message=one.message.id))

        do(store, tell)

        do(store, lambda work: work.traces.drop(TraceKind.MESSAGES, [(gone.message.id,)]))

        numbers = (gone.message.id, stays.message.id)
        left = store.read(
            lambda view: [
                (view.outbox.get(one), len(view.events.of(one)), len(view.ledger.about(one)))
                for one in numbers
            ]
        )
        assert left == [(None, 0, 1), (stays, 1, 1)]

    def test_a_message_that_was_dropped_is_not_kept_in_a_cache(self, store: Store) -> None:
        tracked = a_tracked()

        def work(work: UnitOfWork) -> object:
            work.outbox.add(tracked.message, tracked.delivery)
            assert work.outbox.get(tracked.message.id) == tracked
            work.traces.drop(TraceKind.MESSAGES, [(tracked.message.id,)])
            return work.outbox.get(tracked.message.id)

        assert do(store, work) is None
        assert do(store, lambda work: work.outbox.get(tracked.message.id)) is None

    def test_a_part_that_was_dropped_is_taken_when_it_is_offered_again(self, store: Store) -> None:
        part = a_part()
        do(store, lambda work: work.inbox.add_part(part))
        do(store, lambda work: work.inbox.joined([part]))

        _drop(store, TraceKind.PARTS)

        assert do(store, lambda work: work.inbox.add_part(part))
        assert list(do(store, lambda work: work.inbox.siblings(part, limit=5))) == [part]

    def test_a_dropped_contact_is_in_no_group(self, store: Store) -> None:
        def work(work: UnitOfWork) -> None:
            work.directory.add_contacts([a_contact(), a_contact(id=ContactId(2), name="other")])
            work.directory.add_group(a_group())
            both = [ContactId(1), ContactId(2)]
            work.directory.join(_ACCOUNT, GroupId(1), contacts=both)
            work.traces.drop(TraceKind.CONTACTS, [(_ACCOUNT, 1)])

        do(store, work)

        found = store.read(lambda view: view.directory.contacts_in(_ACCOUNT, [GroupId(1)]))
        assert [one.id for one in found] == [2]
        assert store.read(lambda view: view.directory.newest_contact(_ACCOUNT)) == 2

    def test_a_dropped_posting_takes_its_attempts(self, store: Store) -> None:
        posting = a_posting(state=PostingState.DEAD)

        def work(work: UnitOfWork) -> None:
            work.webhooks.add(posting)
            attempt = Attempt(number=1, at=NOON, seconds=1)
            work.webhooks.record(posting, attempt, at=NOON)

        do(store, work)

        _drop(store, TraceKind.POSTINGS)

        assert store.read(lambda view: view.webhooks.posting(posting.id)) is None
        assert _all(store, TraceKind.ATTEMPTS) == []

    @pytest.mark.parametrize(
        "kind",
        ["inbound", "reports", "answers", "links", "events", "attempts", "journal"],
    )
    def test_things_of_other_kinds_are_dropped_by_their_keys(self, store: Store, kind: str) -> None:
        do(store, _mention)

        _drop(store, TraceKind(kind))

        assert _all(store, TraceKind(kind)) == []

    def test_texts_are_rewritten_in_what_the_collections_read(self, store: Store) -> None:
        message = a_message(text=f"call {_NUMBER}", sender=SenderId("shop"))
        tracked = Tracked(message=message, delivery=a_delivery(message))
        add(store, tracked)

        def rewrite(work: UnitOfWork) -> None:
            (trace,) = work.traces.get(TraceKind.MESSAGES, [(tracked.message.id,)])
            work.traces.rewrite(trace, {"text": "call", "sender": ""})

        do(store, rewrite)

        found = store.read(lambda view: view.outbox.get(tracked.message.id))
        assert found is not None
        assert (found.message.text, found.message.sender) == ("call", None)
        assert do(store, lambda work: work.outbox.get(tracked.message.id)) == found

    @pytest.mark.parametrize(
        "kind",
        [
            one
            for one in TraceKind
            if one
            not in ("accounts", "users", "keys", "groups", "devices", "webhooks", "rules", "apps")
        ],
    )
    def test_every_text_that_comes_with_traffic_can_be_rewritten(
        self, store: Store, kind: TraceKind
    ) -> None:
        do(store, _mention)

        def rewrite(work: UnitOfWork) -> None:
            for trace in work.traces.page(kind, limit=100):
                without = {
                    name: text.replace(_NUMBER, "somebody")
                    for name, text in trace.texts.items()
                    if _NUMBER in text
                }
                work.traces.rewrite(trace, without)

        do(store, rewrite)

        texts = [text for one in _all(store, kind) for text in one.texts.values()]
        assert not any(_NUMBER in text for text in texts)
        assert any("somebody" in text for text in texts)

    def test_what_a_unit_did_to_traces_is_gone_if_it_raises(self, store: Store) -> None:
        do(store, _mention)
        before = {kind: _all(store, kind) for kind in TraceKind}

        def work(work: UnitOfWork) -> None:
            for kind in ("messages", "inbound", "parts", "postings", "contacts", "links"):
                keys = [one.key for one in work.traces.page(TraceKind(kind), limit=100)]
                work.traces.drop(TraceKind(kind), keys)
            for trace in work.traces.page(TraceKind.ENTRIES, limit=100):
                work.traces.rewrite(trace, {"why": "x"})
            raise LookupError

        with pytest.raises(LookupError):
            do(store, work)

        assert {kind: _all(store, kind) for kind in TraceKind} == before
