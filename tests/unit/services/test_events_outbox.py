from collections.abc import Callable
from datetime import timedelta

import pytest

from smscore import Gateway
from smscore.domain.deliveries import ReportOutcome
from smscore.domain.events import Event
from smscore.domain.headers import Concatenation
from smscore.domain.messages import MessageId, Surface
from smscore.domain.routes import Route
from smscore.errors import (
    Indeterminate,
    InsufficientCredits,
    PermanentFailure,
    Rejected,
    TemporaryFailure,
)
from smscore.ports.storage import UnitOfWork
from smscore.services.submission import Item, Submission
from smscore.testing import NOON, FakeTransport, ManualClock, MemoryStore, a_part

TO = "+491701234567"


def submit(gateway: Gateway, text: str = "hello", **options: object) -> MessageId:
    return gateway.submissions.submit(account="acme", to=TO, text=text, **options).message


def submit_all(gateway: Gateway, *texts: str) -> list[MessageId]:
    request = Submission(
        account=gateway.inquiry.account_named("acme").id,
        surface=Surface.LIBRARY,
        items=tuple(Item(to=TO, text=text) for text in texts),
    )
    return [item.message for item in gateway.submissions.begin(request).result().accepted]


def events_since(store: MemoryStore, cursor: int = 0) -> list[Event]:
    return [event for _, event in store.read(lambda view: view.events.since(cursor, limit=100))]


def story_of(gateway: Gateway, message: MessageId) -> list[str]:
    events = gateway.inquiry.explain(message).events
    assert [event.sequence for event in events] == [*range(1, len(events) + 1)]
    return [event.kind.removeprefix("message.") for event in events]


def test_a_message_that_is_retried_rerouted_and_reported_tells_each_step(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], clock: ManualClock
) -> None:
    gateway = make_gateway(one={}, two={})
    networks["one"].fail_next(TemporaryFailure("busy"))
    networks["one"].fail_next(PermanentFailure("barred"))
    message = submit(gateway, "x" * 200, not_before=NOON + timedelta(seconds=1))
    for _ in range(3):
        clock.move(seconds=5)
        gateway.run_pending()
    networks["two"].report(message)

    assert story_of(gateway, message) == [
        "scheduled",
        "queued",
        "sending",
        "retried",
        "queued",
        "sending",
        "rerouted",
        "sending",
        "sent",
        "reported",
        "delivered",
    ]


def test_a_try_tells_the_networks_own_word(gateway: Gateway, network: FakeTransport) -> None:
    network.fail_next(Indeterminate("no answer", cause="silence for 120 s"))
    message = submit(gateway)
    gateway.run_pending()

    *_, sending, doubt = gateway.inquiry.explain(message).events

    assert sending.detail == {"channel": "fake", "attempt": 1}
    assert (doubt.kind, doubt.at) == ("message.indeterminate", NOON)
    assert doubt.detail == {"channel": "fake", "error": "no answer (silence for 120 s)"}


def test_a_report_that_says_nothing_new_is_not_worth_a_word(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    for outcome in (ReportOutcome.DELIVERED, ReportOutcome.DELIVERED, ReportOutcome.FAILED):
        network.report(message, outcome)
    network.report(message, ReportOutcome.PENDING)

    assert story_of(gateway, message)[-1] == "delivered"


def test_a_network_that_is_still_trying_is_worth_a_word(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    network.report(message, ReportOutcome.PENDING)

    assert gateway.inquiry.explain(message).events[-1].detail == {
        "channel": "fake",
        "part": 1,
        "outcome": "pending",
        "report": "",
    }


def test_an_event_of_a_phone_names_the_device(gateway: Gateway) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    account = gateway.inquiry.account_named("acme").id
    message = submit(gateway)
    gateway.pickup.fetch(account, limit=1)

    gateway.pickup.tell(account, {message: True}, device="Pixel")

    assert gateway.inquiry.explain(message).events[-1].detail == {
        "channel": "phones/acme",
        "device": "Pixel",
    }


def test_what_is_refused_leaves_no_event(gateway: Gateway, store: MemoryStore) -> None:
    with pytest.raises(InsufficientCredits):
        submit(gateway, "x" * 153 * 11)
    with pytest.raises(Rejected):
        submit(gateway, "")

    assert events_since(store) == []


def test_an_event_is_kept_with_its_change_or_not_at_all(
    gateway: Gateway, store: MemoryStore
) -> None:
    message = submit(gateway)

    def change_and_fail(work: UnitOfWork) -> None:
        tracked = work.outbox.get(message)
        assert tracked is not None
        work.outbox.save(tracked.delivery.cancelled(at=NOON))
        work.events.add(Event(message=message, account=None, sequence=2, kind="x", at=NOON))
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        store.run(change_and_fail).result()

    assert story_of(gateway, message) == ["queued"]


def test_events_of_all_messages_come_in_the_order_of_their_commits(
    gateway: Gateway, store: MemoryStore
) -> None:
    first = submit(gateway)
    cursor = store.read(lambda view: view.events.newest())
    second = submit(gateway)
    gateway.run_pending()

    assert [(event.message, event.sequence) for event in events_since(store, cursor)] == [
        (second, 1),
        (first, 2),
        (first, 3),
        (second, 2),
        (second, 3),
    ]


# What arrives.


def test_an_inbound_message_is_an_event_of_its_channels_account(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport], store: MemoryStore
) -> None:
    gateway = make_gateway(one={"account": "acme"})
    gateway.run_pending()

    networks["one"].deliver(a_part(channel="one"))

    (inbound,) = gateway.inquiry.inbound()
    (event,) = events_since(store)
    assert (event.kind, event.message, event.sequence) == ("message.received", inbound.id, 1)
    assert event.account == inbound.account == gateway.inquiry.account_named("acme").id


def test_an_inbound_message_of_nobodys_channel_is_nobodys_event(
    gateway: Gateway, network: FakeTransport, store: MemoryStore
) -> None:
    gateway.run_pending()
    network.deliver(a_part())

    (event,) = events_since(store)

    assert (event.kind, event.account) == ("message.received", None)


def test_a_long_inbound_message_is_one_event_with_its_last_part(
    gateway: Gateway, network: FakeTransport, store: MemoryStore
) -> None:
    gateway.run_pending()
    for number in (2, 1, 1):
        place = Concatenation(reference=5, total=2, number=number)
        network.deliver(a_part(concatenation=place, fingerprint=str(number)))

    assert [event.detail["parts"] for event in events_since(store)] == [2]


# What it cost.


def test_the_story_of_one_of_several_shows_the_charge_for_all_of_them(
    gateway: Gateway, network: FakeTransport
) -> None:
    network.fail_next(PermanentFailure("barred"))
    first, second, third = submit_all(gateway, "one", "two", "x" * 200)
    gateway.run_pending()
    alone = submit(gateway)

    def entries_of(message: MessageId) -> list[int]:
        return [entry.credits for entry in gateway.inquiry.explain(message).entries]

    assert [entries_of(message) for message in (first, second, third)] == [[-4, 1], [-4], [-4]]
    assert entries_of(alone) == [-1]


def test_only_the_later_messages_of_a_request_name_its_first(gateway: Gateway) -> None:
    messages = submit_all(gateway, "one", "two")

    named = [
        gateway.inquiry.explain(message).events[0].detail.get("request") for message in messages
    ]

    assert named == [None, f"{messages[0]:016x}"]
