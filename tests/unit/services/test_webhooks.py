"""What happened is told to endpoints: in order, until it is heard, and nobody holds up others."""

from collections.abc import Iterator
from datetime import timedelta

import attrs
import msgspec
import pytest
from msgspec.structs import replace
from telling import advance, open_gateway, settle, submit, told

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.domain.announcements import ANNOUNCED
from smscore.domain.headers import Concatenation
from smscore.domain.messages import AccountId, Surface
from smscore.domain.webhooks import PostingId, PostingState, Webhook
from smscore.errors import InvalidRequest, NotFound
from smscore.ports.webhooks import Answer, Call
from smscore.registry import Registry
from smscore.services.submission import Item, Submission
from smscore.services.webhooks import Deliveries
from smscore.services.webhooks._gathering import add, gather
from smscore.testing import (
    FakeSender,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_part,
)

HOOK = "https://example.org/hook"
FAILED = Answer(seconds=0.1, status=500, error="the endpoint answered 500", body=b"oops")
DAY = timedelta(days=1)


class KeptStore(MemoryStore):
    """One that is there for the next process, too."""

    def close(self) -> None:
        """As a file is, when it is closed."""


@pytest.fixture
def store(clock: ManualClock) -> KeptStore:
    return KeptStore(clock=clock)


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def gateway(clock: ManualClock, store: MemoryStore, sender: FakeSender) -> Iterator[Gateway]:
    with open_gateway(clock, store, sender) as gateway:
        gateway.administration.create_account("acme")
        yield gateway


@pytest.fixture
def acme(gateway: Gateway) -> AccountId:
    return gateway.settings.account("acme").id


@pytest.fixture
def hook(gateway: Gateway, acme: AccountId) -> Webhook:
    return gateway.webhooks.add(acme, url=HOOK, events=ANNOUNCED)[0]


def deliveries(gateway: Gateway, hook: Webhook) -> list[tuple[str, str, int]]:
    found = gateway.webhooks.deliveries(hook.account, hook.id)
    return [(one.event, one.state.value, one.attempts) for one in reversed(found)]


def test_an_endpoint_is_told_of_each_step_of_a_message_once(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    submit(gateway)
    settle(gateway)

    assert told(sender) == [("message.queued", 1), ("message.sent", 2)]
    assert deliveries(gateway, hook) == [
        ("message.queued", "delivered", 1),
        ("message.sent", "delivered", 1),
    ]


def test_an_endpoint_hears_only_what_it_asked_for(
    gateway: Gateway, sender: FakeSender, acme: AccountId
) -> None:
    gateway.webhooks.add(acme, url=HOOK, events=["message.sent"])
    submit(gateway)
    settle(gateway)

    assert told(sender) == [("message.sent", 2)]


def test_nobody_hears_of_other_accounts(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    gateway.administration.create_account("other")
    gateway.submissions.submit(account="other", to="+491701234567", text="hi")
    settle(gateway)

    assert sender.calls == []


def test_nobody_hears_of_what_was_before(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, acme: AccountId
) -> None:
    submit(gateway)
    clock.move(seconds=1)
    gateway.webhooks.add(acme, url=HOOK, events=ANNOUNCED)
    settle(gateway)

    assert told(sender) == [("message.sent", 2)]


def test_a_callback_address_hears_of_its_own_message(
    gateway: Gateway, sender: FakeSender, acme: AccountId
) -> None:
    for number, url in ((7, "https://example.org/called?id=7"), (8, None)):
        submission = Submission(
            account=acme,
            surface=Surface.PROVIDER,
            items=(Item(to=f"+49170123456{number}", text="hi"),),
            callback_url=url,
        )
        gateway.submissions.begin(submission).result()
    settle(gateway)

    assert told(sender) == [("message.sent", 2)]
    (call,) = sender.calls
    assert call.url == "https://example.org/called?id=7"
    assert call.secrets == (gateway.webhooks.callback_secret(acme),)


@attrs.frozen
class Carrier:
    """A plugin with a network whose messages belong to an account, and with a sender."""

    network: FakeTransport
    sender: FakeSender

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="fake",
            options=Options,
            make=lambda _, __: self.network,
            capabilities=FakeTransport.capabilities,
        )

    @hookimpl
    def smscore_register_webhook_senders(self, registry: Registry) -> None:
        registry.webhook_sender(lambda _: self.sender)


@attrs.frozen
class Options:
    """The network has none."""


def test_a_received_message_is_told_by_the_sender_that_a_plugin_brings(
    sender: FakeSender, store: MemoryStore, clock: ManualClock, network: FakeTransport
) -> None:
    config = GatewayConfig.from_mapping(
        {
            "plugins": {"enabled": []},
            "channels": {"fake": {"transport": "fake", "account": "acme"}},
        }
    )
    with build(
        config,
        store=store,
        authenticator=PlainAuthenticator(store),
        clock=clock,
        plugins=[Carrier(network, sender)],
    ) as gateway:
        gateway.administration.create_account("acme")
        acme = gateway.settings.account("acme").id
        gateway.webhooks.add(acme, url=HOOK, events=["message.received"])
        settle(gateway)

        network.deliver(a_part(channel="fake", received_at=clock.now()))
        settle(gateway)

    assert told(sender) == [("message.received", 1)]


def test_a_message_with_a_gap_is_told_and_told_again_when_it_is_whole(
    sender: FakeSender, store: MemoryStore, clock: ManualClock, network: FakeTransport
) -> None:
    config = GatewayConfig.from_mapping(
        {
            "plugins": {"enabled": []},
            "inbound": {"wait_for_parts": 60},
            "channels": {"fake": {"transport": "fake", "account": "acme"}},
        }
    )
    with build(
        config,
        store=store,
        authenticator=PlainAuthenticator(store),
        clock=clock,
        plugins=[Carrier(network, sender)],
    ) as gateway:
        gateway.administration.create_account("acme")
        acme = gateway.settings.account("acme").id
        gateway.webhooks.add(acme, url=HOOK, events=["message.received", "message.updated"])
        settle(gateway)
        first, last = (
            a_part(
                channel="fake",
                concatenation=Concatenation(reference=7, total=2, number=number),
                user_data=word.encode("utf-16-be"),
                received_at=clock.now(),
            )
            for number, word in ((1, "one "), (2, "two"))
        )

        network.deliver(first)
        settle(gateway)
        assert told(sender) == []
        clock.move(seconds=60)
        settle(gateway)
        clock.move(seconds=60)
        network.deliver(last)
        settle(gateway)

    assert told(sender) == [("message.received", 1), ("message.updated", 2)]
    bodies = [msgspec.json.decode(call.body) for call in sender.calls]
    said = [(one["message"], one["missing_parts"], one["timestamp"]) for one in bodies]
    assert said == [("one […]", [2], 1772366460), ("one two", [], 1772366520)]
    assert len({(one["message_id"], one["received_at"]) for one in bodies}) == 1


def test_the_same_bytes_and_id_are_told_until_they_are_heard(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    submit(gateway)
    advance(gateway, clock, timedelta(seconds=60), steps=30)
    failed = list(sender.calls)
    sender.answer = FakeSender().answer
    advance(gateway, clock, timedelta(minutes=10), steps=10)

    assert len(failed) >= 3
    assert len({(call.body, call.event_id, call.secrets) for call in failed}) == 1
    assert len({call.at for call in failed}) == len(failed)
    assert told(sender)[len(failed) :] == [("message.queued", 1), ("message.sent", 2)]


def test_every_attempt_is_kept_with_what_was_answered(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    submit(gateway)
    settle(gateway)
    sender.answer = FakeSender().answer
    advance(gateway, clock, timedelta(seconds=10), steps=5)

    first = gateway.webhooks.deliveries(hook.account, hook.id)[-1]
    _, attempts = gateway.webhooks.attempts(hook.account, hook.id, first.id)

    assert [(one.status, one.answer) for one in attempts] == [(500, b"oops"), (200, b"ok")]


def test_events_of_other_messages_do_not_wait(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    first = submit(gateway)

    def answer(call: Call) -> Answer:
        is_first = f"{first:016x}" in call.body.decode()
        return FAILED if is_first else Answer(seconds=0, status=200)

    sender.answer = answer
    submit(gateway)
    settle(gateway)

    assert sorted(told(sender)) == [("message.queued", 1), ("message.queued", 1),
                                    ("message.sent", 2)]  # fmt: skip


def test_what_nobody_hears_for_a_day_is_given_up_and_can_be_replayed(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    submit(gateway)
    advance(gateway, clock, timedelta(hours=50), steps=50 * 6)  # one after the other
    assert {state for _, state, _ in deliveries(gateway, hook)} == {"dead"}
    sender.answer, sender.calls = FakeSender().answer, []

    count = gateway.webhooks.replay_all(hook.account, hook.id, Deliveries())
    advance(gateway, clock, timedelta(minutes=10), steps=2)

    assert count == 2
    assert told(sender) == [("message.queued", 1), ("message.sent", 2)]
    assert {state for _, state, _ in deliveries(gateway, hook)} == {"delivered"}


def test_a_delivered_event_is_replayed_with_the_same_bytes(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    submit(gateway)
    settle(gateway)
    newest = gateway.webhooks.deliveries(hook.account, hook.id)[0]

    again = gateway.webhooks.replay(hook.account, hook.id, newest.id)
    settle(gateway)

    assert again.state is PostingState.PENDING
    first, repeated = sender.calls[1:]
    assert (first.body, first.event_id) == (repeated.body, repeated.event_id)


def test_an_endpoint_that_fails_is_left_alone_for_longer_and_longer(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    for _ in range(50):
        submit(gateway)
    advance(gateway, clock, timedelta(seconds=60), steps=60)
    in_a_minute = len(sender.calls)
    advance(gateway, clock, timedelta(minutes=30), steps=60)

    assert in_a_minute <= 20
    assert len(sender.calls) - in_a_minute <= 30


def test_a_hanging_endpoint_holds_up_nobody_else(
    gateway: Gateway, sender: FakeSender, hook: Webhook, acme: AccountId
) -> None:
    other = "https://other.example.org/"
    gateway.webhooks.add(acme, url=other, events=["message.sent"])
    sender.answer = lambda call: None if call.url == HOOK else Answer(seconds=0, status=200)
    for _ in range(20):
        submit(gateway)
    settle(gateway)

    assert sum(call.url == other for call in sender.calls) == 20
    assert sum(call.url == HOOK for call in sender.calls) == 4
    sender.answer = FakeSender().answer
    sender.let_go()
    settle(gateway)
    assert sum(call.url == HOOK for call in sender.calls) == 40


def test_an_endpoint_that_answers_is_told_more_before_its_answers_are_kept(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    sender.answer = lambda _: None
    for _ in range(20):
        submit(gateway)
    gateway.run_pending()
    announcing = gateway._runner._announcing
    assert announcing is not None

    counts = []
    for _ in range(3):
        counts.append(len(sender.calls))
        sender.let_go()
        announcing.go_on()

    assert counts == [4, 12, 20]
    assert not [one for one in deliveries(gateway, hook) if one[1] == "delivered"]
    sender.answer = lambda _: Answer(seconds=0.1, status=200)
    sender.let_go()
    settle(gateway)
    assert [state for _, state, _ in deliveries(gateway, hook)] == ["delivered"] * 40
    assert len(sender.calls) == 40


def test_an_endpoint_is_switched_off_after_days_of_failures(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook, store: MemoryStore
) -> None:
    sender.answer = lambda _: FAILED
    for _ in range(5):
        submit(gateway)
        advance(gateway, clock, timedelta(hours=16), steps=96)

    assert not gateway.webhooks.get(hook.account, hook.id).is_active
    kinds = [event.kind for _, event in store.read(lambda view: view.events.since(0, limit=1000))]
    assert kinds.count("webhook.disabled") == 1


def test_what_waits_for_a_webhook_that_was_switched_off_goes_on_when_it_is_on_again(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    submit(gateway)
    settle(gateway)
    gateway.webhooks.change(hook.account, hook.id, is_active=False)
    sender.answer, sender.calls = FakeSender().answer, []
    advance(gateway, clock, timedelta(minutes=5), steps=5)
    assert sender.calls == []

    gateway.webhooks.change(hook.account, hook.id, is_active=True)
    advance(gateway, clock, timedelta(minutes=5), steps=5)

    assert told(sender) == [("message.queued", 1), ("message.sent", 2)]


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, acme: AccountId
) -> None:
    hook, old = gateway.webhooks.add(acme, url=HOOK, events=["message.sent"])
    _, new = gateway.webhooks.change(acme, hook.id, rotate_secret=True)
    submit(gateway)
    settle(gateway)
    clock.move(days=1)
    submit(gateway)
    settle(gateway)

    assert [call.secrets for call in sender.calls] == [(new, old), (new,)]
    assert old != new


def test_what_was_under_way_when_the_process_ended_is_told_by_the_next(
    gateway: Gateway, sender: FakeSender, hook: Webhook, clock: ManualClock, store: MemoryStore
) -> None:
    sender.answer = lambda _: None
    submit(gateway)
    settle(gateway)
    submit(gateway)  # nobody has looked at its event yet

    following = FakeSender()
    settle(open_gateway(clock, store, following))

    assert sorted(told(following)) == [("message.queued", 1), ("message.queued", 1),
                                       ("message.sent", 2), ("message.sent", 2)]  # fmt: skip


def test_what_was_answered_before_the_end_is_not_told_again(
    gateway: Gateway, sender: FakeSender, hook: Webhook, clock: ManualClock, store: MemoryStore
) -> None:
    sender.answer = lambda _: None
    submit(gateway)
    settle(gateway)
    sender.let_go()
    gateway.close()

    following = FakeSender()
    settle(open_gateway(clock, store, following))

    assert told(sender) == [("message.queued", 1)]
    assert told(following) == [("message.sent", 2)]


def test_nothing_is_kept_for_a_webhook_that_was_removed_while_news_were_gathered(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, hook: Webhook
) -> None:
    other, _ = gateway.webhooks.add(hook.account, url=HOOK, events=ANNOUNCED)
    submit(gateway)
    found = store.read(lambda view: gather(view, cursor=0, now=clock.now(), limit=9))
    postings = [replace(one, id=PostingId(n)) for n, one in enumerate(found.postings, start=1)]
    gateway.webhooks.remove(hook.account, hook.id)

    store.run(lambda work: add(work, postings, cursor=found.cursor)).result()

    assert {one.webhook for one in postings} == {hook.id, other.id}
    assert list(store.read(lambda view: view.webhooks.waiting())) == [other.endpoint]


def test_a_webhook_that_was_removed_hears_nothing_more(
    gateway: Gateway, sender: FakeSender, hook: Webhook, clock: ManualClock
) -> None:
    sender.answer = lambda _: None
    submit(gateway)
    settle(gateway)
    gateway.webhooks.remove(hook.account, hook.id)
    sender.let_go(FAILED)
    advance(gateway, clock, DAY, steps=10)

    assert told(sender) == [("message.queued", 1)]
    with pytest.raises(NotFound):
        gateway.webhooks.get(hook.account, hook.id)


def test_others_webhooks_are_not_found(gateway: Gateway, hook: Webhook) -> None:
    for call in (gateway.webhooks.get, gateway.webhooks.remove, gateway.webhooks.deliveries):
        with pytest.raises(NotFound):
            call(AccountId(99), hook.id)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://example.org/", "https://", "example.org", "https://user:secret@example.org/",
     "https://example.org/ü", "https://example.org:99999/", "https://example.org/ x",
     "https://example.org/" + "x" * 2048, "https://[::1/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(gateway: Gateway, acme: AccountId, url: str) -> None:
    with pytest.raises(InvalidRequest):
        gateway.webhooks.add(acme, url=url, events=ANNOUNCED)


@pytest.mark.parametrize("events", [[], ["message.read"], ["message.sent", ""]])
def test_unknown_events_are_refused(gateway: Gateway, acme: AccountId, events: list[str]) -> None:
    with pytest.raises(InvalidRequest, match=r"events must be some of message\.queued"):
        gateway.webhooks.add(acme, url=HOOK, events=events)
