from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import ReportOutcome
from smscore.domain.events import Event
from smscore.domain.messages import MessageId, Surface
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.errors import Indeterminate, PermanentFailure, TemporaryFailure
from smscore.ports.storage import Tracked
from smscore.services.submission import Item, Submission
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_delivery,
    a_message,
)
from smscore_server._story import tell

LONG = "x" * 161


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def network() -> FakeTransport:
    return FakeTransport(name="first")


@pytest.fixture
def gateway(clock: ManualClock, network: FakeTransport) -> Iterator[Gateway]:
    store = MemoryStore(clock=clock)
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"first": network, "second": FakeTransport(name="second")},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        gateway.administration.create_account("acme", credits=10)
        yield gateway


def submit(gateway: Gateway, text: str = "hello") -> MessageId:
    return gateway.submissions.submit(account="acme", to="+491701234567", text=text).message


def story(gateway: Gateway, message: MessageId) -> Sequence[str]:
    found = gateway.inquiry.explain(message)
    return tell(found.tracked, found.events)


def test_the_usual_story(gateway: Gateway, network: FakeTransport):
    message = submit(gateway, LONG)
    gateway.run_pending()
    network.report(message)

    assert story(gateway, message) == [
        "accepted from the program that embeds smscore; it waits for first",
        "first begins to send it",
        "sent: the network has taken it from first, under the references 1, 2",
        "a report for part 1: delivered",
        "delivered: a report for part 2: delivered",
    ]


def test_a_refused_message_is_the_next_channels(gateway: Gateway, network: FakeTransport):
    message = submit(gateway)
    network.fail_next(PermanentFailure("the network refused it", cause="+CMS ERROR: 21"))
    gateway.run_pending()

    assert story(gateway, message)[1:4] == [
        "first begins to send it",
        "first refuses it: the network refused it (+CMS ERROR: 21); second is next",
        "second begins to send it",
    ]


def test_a_failed_message_tells_why_and_what_was_given_back(
    gateway: Gateway, network: FakeTransport
):
    gateway.rules.apply([Route(name="one", channels=("first",))])
    message = submit(gateway)
    network.fail_next(PermanentFailure("the network refused it", cause="+CMS ERROR: 21"))
    gateway.run_pending()

    assert story(gateway, message)[-1] == (
        "failed: the network refused it (+CMS ERROR: 21); 1 credit given back"
    )


def test_an_operators_resend_tells_the_new_way_and_its_price(
    gateway: Gateway, network: FakeTransport
):
    gateway.rules.apply([Route(name="one", channels=("first",))])
    message = submit(gateway)
    network.fail_next(PermanentFailure("refused"))
    gateway.run_pending()
    gateway.rules.apply([Route(name="two", channels=("second",))])

    gateway.interventions.resend(message)
    gateway.run_pending()

    assert story(gateway, message)[3:5] == [
        "an operator has it sent again: rule two applied, second chosen and 1 credit taken",
        "second begins to send it",
    ]


def test_a_retry_is_told_with_its_attempt(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
):
    message = submit(gateway)
    network.fail_next(TemporaryFailure("the network is busy", cause="+CMS ERROR: 42"))
    gateway.run_pending()
    clock.move(minutes=1)
    gateway.run_pending()

    assert story(gateway, message)[2:5] == [
        (
            "not sent by first: the network is busy (+CMS ERROR: 42); "
            "it is to be tried again at 2026-03-01T12:00:05+00:00"
        ),
        "its time has come: it waits for its channel",
        "first begins to send it, attempt 2",
    ]


def test_doubt_is_told_as_doubt(gateway: Gateway, network: FakeTransport):
    message = submit(gateway)
    network.fail_next(Indeterminate("the line broke"))
    gateway.run_pending()

    assert story(gateway, message)[-1] == (
        "nobody knows whether first sent it: the line broke; it is not sent again unasked"
    )


def test_a_cancelled_message_was_called_back(gateway: Gateway):
    message = submit(gateway)
    gateway.interventions.cancel(message)

    assert story(gateway, message)[1:] == ["called back: it will not be sent; 1 credit given back"]


def test_a_scheduled_message_tells_its_time(gateway: Gateway, clock: ManualClock):
    later = clock.now().replace(hour=18)
    message = gateway.submissions.submit(
        account="acme", to="+491701234567", text="x", not_before=later
    ).message

    assert story(gateway, message) == [
        "accepted from the program that embeds smscore, not to be sent before 2026-03-01T18:00:00Z"
    ]


def test_phones_fetch_and_tell(gateway: Gateway):
    account = gateway.inquiry.account_named("acme").id
    submission = Submission(
        account=account, surface=Surface.QUEUE, items=(Item(to="+491701234567", text="x"),)
    )
    message = gateway.submissions.begin(submission).result().message
    gateway.pickup.fetch(account, limit=1)
    gateway.interventions.resend(message)
    gateway.pickup.fetch(account, limit=1)
    gateway.pickup.tell(account, {message: True}, device="pixel")

    assert story(gateway, message) == [
        "accepted by the queue API; it waits for phones/acme",
        "a phone fetched it from phones/acme",
        "an operator put it back: it waits for a phone again",
        "a phone fetched it from phones/acme",
        "delivered, says the phone pixel",
    ]


def test_phones_that_lose_a_message_and_speak_late(gateway: Gateway, clock: ManualClock):
    account = gateway.inquiry.account_named("acme").id
    gateway.administration.change_account("acme", AccountChanges(claim_lease=timedelta(hours=1)))
    gateway.rules.apply([Route(name="r", channels=("phones", "second"))])
    message = submit(gateway)
    gateway.pickup.fetch(account, limit=1, device="pixel")
    clock.move(hours=2)
    gateway.housekeeping.run_once()
    gateway.pickup.fetch(account, limit=1, device="nokia")
    gateway.pickup.tell(account, {message: False}, device="pixel")
    gateway.pickup.tell(account, {message: False}, device="nokia")

    assert story(gateway, message)[1:] == [
        "the phone pixel fetched it from phones/acme",
        (
            "no phone has said what became of it, and the account's lease for that is over: "
            "it waits for a phone again"
        ),
        "the phone nokia fetched it from phones/acme",
        "the phone pixel could not send it; another one may have it, or get it",
        "the phone nokia could not send it; second is next",
    ]


def test_an_undelivered_message_tells_the_report(gateway: Gateway, network: FakeTransport):
    message = submit(gateway)
    gateway.run_pending()
    network.report(message, ReportOutcome.FAILED)

    assert story(gateway, message)[-1] == "failed: the network reported failure (part 1)"


def test_a_channel_that_is_not_ready_for_long_loses_its_messages_to_the_next(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
):
    message = submit(gateway)
    gateway.run_pending()
    waiting = submit(gateway)
    network.close()
    gateway.run_pending()
    clock.move(seconds=31)
    gateway.run_pending()

    assert message in network.sent
    assert story(gateway, waiting)[1:3] == [
        "first cannot send it: the channel is not ready; second is next",
        "second begins to send it",
    ]


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        (
            "message.recovered",
            {"channel": "first"},
            (
                "the server had stopped while first held it; it waits again, for what has not been "
                "sent"
            ),
        ),
        (
            "message.recovered",
            {"channel": "first", "error": "the process ended"},
            (
                "the server had stopped while first held it: the process ended; it waits again, "
                "part in doubt included, as the channel's in_doubt says"
            ),
        ),
        (
            "message.resent",
            {"channel": "first", "error": "the line broke"},
            (
                "nobody knows whether first sent it: the line broke; it is sent again, as the "
                "channel's in_doubt says"
            ),
        ),
        (
            "message.expired",
            {"refunded": 2},
            "expired: its time was over before it was sent; 2 credits given back",
        ),
        ("message.translated", {"by": "a plugin", "at": None}, "message.translated: by a plugin"),
        ("message.blessed", {}, "message.blessed"),
    ],
)
def test_what_else_may_happen(kind: str, detail: dict[str, str | int | None], said: str):
    tracked = Tracked(message=a_message(), delivery=a_delivery())
    event = Event(
        message=tracked.message.id,
        account=tracked.message.account,
        sequence=2,
        kind=kind,
        at=NOON,
        detail=detail,
    )

    assert tell(tracked, [event]) == [said]


def test_what_channels_say_cannot_steer_the_terminal(gateway: Gateway, network: FakeTransport):
    message = submit(gateway)
    network.fail_next(Indeterminate("a\x1b[2J"))
    gateway.run_pending()

    assert "\x1b" not in story(gateway, message)[-1]
