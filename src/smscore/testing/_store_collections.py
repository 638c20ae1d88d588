"""
The store contract: inbox, idempotency, journal, events, processes.
"""

from datetime import timedelta

import attrs
import pytest

from smscore.domain.deliveries import ProcessId, Status
from smscore.domain.headers import (
    Concatenation,
    Element,
    concatenation_element,
    single_element,
    write_elements,
)
from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.languages import Language
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.receipts import AcceptedItem, Receipt, RefusedItem
from smscore.domain.user_data import Coding
from smscore.ports.storage import IdempotencyRecord, Store, UnitOfWork
from smscore.testing._store_kit import an_event, do, do_each
from smscore.testing.builders import a_part
from smscore.testing.fakes import NOON

__all__ = ["CollectionsContract"]

_RECORD = IdempotencyRecord(
    account=AccountId(1),
    surface=Surface.PROVIDER,
    key="key",
    digest="digest",
    receipt=Receipt(
        accepted=(
            AcceptedItem(
                index=0, message=MessageId(2**62), to="+49", status=Status.QUEUED, credits=2
            ),
        ),
        refused=(RefusedItem(index=1, code="no_route", error="nothing fits"),),
        credits_used=2,
        credits_remaining=8,
    ),
    at=NOON,
)


def _header(place: Concatenation) -> bytes:
    return write_elements(concatenation_element(place))


class CollectionsContract:
    """Every collection gives back what was put into it, and keeps its own promises."""

    # Inbox.

    def test_received_messages_are_found_newest_first(self, store: Store) -> None:
        messages = [
            InboundMessage(
                id=MessageId(number),
                account=account,
                channel="fake",
                sender="+491709999999",
                text="grüß\x00😀",
                received_at=NOON,
                sent_at=NOON if number == 1 else None,
                kind=InboundKind.TELEGRAM if number == 1 else InboundKind.SMS,
            )
            for number, account in ((1, None), (2, AccountId(1)), (3, AccountId(2)))
        ]
        do_each(store, messages, lambda work, message: work.inbox.add(message))

        assert list(store.read(lambda view: view.inbox.find())) == messages[::-1]
        assert list(store.read(lambda view: view.inbox.find(limit=1))) == messages[2:]
        assert list(store.read(lambda view: view.inbox.find(before=MessageId(2)))) == messages[:1]
        assert list(store.read(lambda view: view.inbox.find(account=AccountId(1)))) == messages[1:2]

    def test_a_part_that_is_offered_twice_is_kept_once(self, store: Store) -> None:
        part = a_part(channel="a", fingerprint="same")
        elsewhere = attrs.evolve(part, channel="b")

        kept = do_each(store, (part, part, elsewhere), lambda work, one: work.inbox.add_part(one))

        assert kept == [True, False, True]

    def test_siblings_are_the_parts_of_one_message(self, store: Store) -> None:
        place = Concatenation(reference=7, total=3, number=1)
        part = a_part(
            header=_header(place),
            coding=Coding.GSM7,
            user_data=b"\x1b\x00",
            sent_at=NOON - timedelta(seconds=3),
            kind=InboundKind.PORT,
        )
        sibling = attrs.evolve(
            part, header=_header(attrs.evolve(place, number=3)), fingerprint="before"
        )
        strangers = [
            attrs.evolve(part, fingerprint="1", header=b""),
            attrs.evolve(part, fingerprint="2", header=_header(attrs.evolve(place, reference=8))),
            attrs.evolve(part, fingerprint="3", header=_header(attrs.evolve(place, total=2))),
            attrs.evolve(part, fingerprint="4", header=_header(attrs.evolve(place, is_wide=True))),
            attrs.evolve(part, fingerprint="5", sender="+491701111111"),
            attrs.evolve(part, fingerprint="6", channel="other"),
        ]
        do_each(store, (part, *strangers, sibling), lambda work, one: work.inbox.add_part(one))

        found = do(store, lambda work: work.inbox.siblings(part, limit=10))

        assert list(found) == [part, sibling]

    def test_siblings_come_in_the_order_in_which_they_arrived(self, store: Store) -> None:
        parts = [
            a_part(concatenation=Concatenation(reference=7, total=3, number=number))
            for number in (3, 1, 3, 2)
        ]
        do_each(store, parts, lambda work, one: work.inbox.add_part(one))

        found = do(store, lambda work: work.inbox.siblings(parts[1], limit=10))
        assert list(found) == parts
        latest = do(store, lambda work: work.inbox.siblings(parts[1], limit=2))
        assert list(latest) == parts[-2:]

    @pytest.mark.parametrize(
        "header",
        [
            b"",
            write_elements(
                Element(identifier=0x7F, value=b"\x00\xff"),
                concatenation_element(
                    Concatenation(reference=0xFFFF, total=255, number=255, is_wide=True)
                ),
                single_element(Language.TURKISH),
            ),
            b"\x00\x03\x07\x02\x00",  # a place that makes no sense
            b"\x00\x03\x07",  # one that ends too early
        ],
    )
    def test_a_part_keeps_its_whole_header(self, store: Store, header: bytes) -> None:
        part = a_part(header=header)
        do(store, lambda work: work.inbox.add_part(part))

        (found,) = do(store, lambda work: work.inbox.siblings(part, limit=10))

        assert found.header == header
        assert found == part

    def test_joined_parts_are_no_siblings_but_still_known(self, store: Store) -> None:
        part = a_part(concatenation=Concatenation(reference=7, total=2, number=1))
        do(store, lambda work: work.inbox.add_part(part))

        do(store, lambda work: work.inbox.joined([part]))

        assert list(do(store, lambda work: work.inbox.siblings(part, limit=10))) == []
        assert do(store, lambda work: work.inbox.add_part(part)) is False

    # Idempotency.

    def test_the_first_answer_to_a_key_comes_back(self, store: Store) -> None:
        do(store, lambda work: work.idempotency.add(_RECORD))

        def get(account: int, surface: Surface, key: str) -> IdempotencyRecord | None:
            return do(
                store,
                lambda work: work.idempotency.get(
                    account=AccountId(account), surface=surface, key=key
                ),
            )

        assert get(1, Surface.PROVIDER, "key") == _RECORD
        assert get(2, Surface.PROVIDER, "key") is None
        assert get(1, Surface.QUEUE, "key") is None
        assert get(1, Surface.PROVIDER, "KEY") is None

    def test_a_newer_answer_replaces_an_old_one(self, store: Store) -> None:
        newer = attrs.evolve(_RECORD, digest="other", at=NOON + timedelta(days=2))
        do_each(store, (_RECORD, newer), lambda work, record: work.idempotency.add(record))

        found = do(
            store,
            lambda work: work.idempotency.get(
                account=AccountId(1), surface=Surface.PROVIDER, key="key"
            ),
        )

        assert found == newer

    def test_old_answers_are_forgotten_up_to_a_limit(self, store: Store) -> None:
        records = [
            attrs.evolve(_RECORD, key=str(hours), at=NOON + timedelta(hours=hours))
            for hours in range(5)
        ]
        do_each(store, records, lambda work, record: work.idempotency.add(record))

        def forget() -> int:
            before = NOON + timedelta(hours=3)
            return do(store, lambda work: work.idempotency.forget(before=before, limit=2))

        assert [forget(), forget(), forget()] == [2, 1, 0]

    # Journal.

    def test_the_journal_keeps_the_newest_value_of_a_key(self, store: Store) -> None:
        do_each(
            store,
            (b"old", b"\x00new\xff"),
            lambda work, value: work.journal.put(channel="a", key="pin", value=value),
        )

        assert store.read(lambda view: view.journal.get(channel="a", key="pin")) == b"\x00new\xff"
        assert do(store, lambda work: work.journal.get(channel="a", key="pin")) == b"\x00new\xff"
        assert store.read(lambda view: view.journal.get(channel="b", key="pin")) is None

    # Events.

    def test_a_message_has_its_story_in_order(self, store: Store) -> None:
        story = [
            an_event(sequence=1, detail={"rule": "default", "parts": 1, "error": None}),
            an_event(sequence=2, kind="message.sent"),
        ]
        do_each(
            store,
            (*story, an_event(message=MessageId(2))),
            lambda work, event: work.events.add(event),
        )

        assert list(store.read(lambda view: view.events.of(MessageId(1)))) == story

    def test_events_are_read_on_from_a_cursor(self, store: Store) -> None:
        start = store.read(lambda view: view.events.newest())
        events = [an_event(message=MessageId(number)) for number in range(1, 6)]
        do_each(store, events, lambda work, event: work.events.add(event))

        first = store.read(lambda view: view.events.since(start, limit=3))
        rest = store.read(lambda view: view.events.since(first[-1][0], limit=3))

        assert [event for _, event in (*first, *rest)] == events
        assert rest[-1][0] == store.read(lambda view: view.events.newest())
        assert list(store.read(lambda view: view.events.since(rest[-1][0], limit=3))) == []

    def test_events_are_read_on_by_their_kinds(self, store: Store) -> None:
        start = store.read(lambda view: view.events.newest())
        kinds = ["message.queued", "message.sent", "message.delivered"] * 2
        events = [
            an_event(message=MessageId(place), kind=kind) for place, kind in enumerate(kinds, 1)
        ]
        do_each(store, events, lambda work, event: work.events.add(event))
        asked = {"message.sent", "message.delivered", "message.failed"}

        first = store.read(lambda view: view.events.since(start, limit=3, kinds=asked))
        rest = store.read(lambda view: view.events.since(first[-1][0], limit=3, kinds=asked))

        wanted = [event for event in events if event.kind != "message.queued"]
        assert [event for _, event in (*first, *rest)] == wanted

    # Processes.

    def test_each_process_gets_a_number_of_its_own(self, store: Store) -> None:
        numbers = {do(store, lambda work: work.processes.lease(now=NOON)) for _ in range(10)}

        assert len(numbers) == 10
        assert numbers <= set(range(1024))
        assert {one.id for one in store.read(lambda view: view.processes.all())} == numbers

    def test_a_number_that_was_given_back_is_leased_again(self, store: Store) -> None:
        first = do(store, lambda work: work.processes.lease(now=NOON))
        second = do(store, lambda work: work.processes.lease(now=NOON))

        do(store, lambda work: work.processes.release(first))

        assert [one.id for one in store.read(lambda view: view.processes.all())] == [second]
        assert do(store, lambda work: work.processes.lease(now=NOON)) == first

    def test_a_heartbeat_is_kept(self, store: Store) -> None:
        number = do(store, lambda work: work.processes.lease(now=NOON))
        later = NOON + timedelta(seconds=10)

        do(store, lambda work: work.processes.beat(number, now=later))

        (process,) = store.read(lambda view: view.processes.all())
        assert (process.id, process.heartbeat_at) == (number, later)

    def test_when_all_numbers_are_taken_the_longest_silent_one_goes(self, store: Store) -> None:
        later = NOON + timedelta(hours=1)

        def lease_all(work: UnitOfWork) -> None:
            for _ in range(1024):
                work.processes.lease(now=NOON)
            for number in set(range(1024)) - {77}:
                work.processes.beat(ProcessId(number), now=later)

        do(store, lease_all)

        assert do(store, lambda work: work.processes.lease(now=later)) == 77
