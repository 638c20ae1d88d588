"""
Alerts of a gateway on a clock of the test's own: what is looked at, and who hears of it.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.config import AlertsConfig
from smscore.errors import NotFound, StoreUnavailable
from smscore.ports.transport import ChannelHealth
from smscore.ports.webhooks import Answer, Call, Push
from smscore.services.alerting._looking import Looking
from smscore.testing import (
    FakeSender,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
)

MINUTE, HOUR = 60, 3600
BROKEN = Answer(seconds=0.1, status=500, error="the endpoint answered 500")


class Modem(FakeTransport):
    """A network whose SIM fills."""

    fullness: float | None = None

    def health(self) -> ChannelHealth:
        return ChannelHealth(is_ready=self.is_able, detail="a fake", fullness=self.fullness)


class Failing(MemoryStore):
    """A store that can be made to fail."""

    fault: Exception | None = None

    def run(self, *arguments: Any, **more: Any) -> Any:
        if self.fault is not None:
            raise self.fault
        return super().run(*arguments, **more)

    def read(self, *arguments: Any) -> Any:
        if self.fault is not None:
            raise self.fault
        return super().read(*arguments)


@pytest.fixture
def store(clock: ManualClock) -> Failing:
    return Failing(clock=clock)


@pytest.fixture
def modem() -> Modem:
    return Modem()


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def start(
    clock: ManualClock, store: Failing, modem: Modem, sender: FakeSender
) -> Iterator[Callable[..., Gateway]]:
    """Build a gateway with a receiver, and these options of alerts."""
    opened = []

    def start(**options: Any) -> Gateway:
        alerts = {"receivers": {"ops": {"url": "https://ops.example/hook"}}, **options}
        gateway = build(
            GatewayConfig.from_mapping({"plugins": {"enabled": []}, "alerts": alerts}),
            store=store,
            transports={"modem": modem},
            authenticator=PlainAuthenticator(store),
            webhook_sender=sender,
            clock=clock,
        )
        if not gateway.inquiry.accounts():
            gateway.administration.create_account("acme", credits=200, home_country="DE")
        opened.append(gateway)
        return gateway

    yield start
    store.fault = None
    opened[-1].close()


def told(sender: FakeSender) -> list[tuple[str, str, str]]:
    return [
        (one["state"], one["kind"], one["subject"])
        for call in sender.calls
        for one in json.loads(call.body)["alerts"]
    ]


def live(gateway: Gateway, clock: ManualClock, seconds: int, *, step: int = 5) -> None:
    for _ in range(seconds // step):
        gateway.run_pending() if gateway.store.fault is None else None
        gateway.alerts.run_once()
        clock.move(seconds=step)


def test_a_channel_that_is_down_is_told_once_and_so_is_that_it_is_well(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start()
    gateway.run_pending()
    modem.is_able = False
    live(gateway, clock, 120)
    assert told(sender) == []
    live(gateway, clock, 3 * HOUR)
    assert told(sender) == [("raised", "channel_down", "modem")]
    modem.is_able = True
    live(gateway, clock, 290)
    assert len(told(sender)) == 1

    live(gateway, clock, HOUR)

    assert told(sender)[1:] == [("cleared", "channel_down", "modem")]
    raised, cleared = (json.loads(call.body) for call in sender.calls)
    assert raised["alerts"][0]["id"] == cleared["alerts"][0]["id"]
    assert (raised["sequence"], cleared["sequence"]) == (1, 2)
    assert raised["alerts"][0]["title"] == "channel modem is down"
    assert raised["alerts"][0]["detail"] == "modem cannot send: a fake"


def test_a_server_that_stops_tells_nobody_any_more(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    def answer(call: Call | Push) -> Answer:
        gateway._stopping.set()
        return BROKEN

    sender.answer = answer
    names = ("one", "two", "three")
    gateway = start(receivers={name: {"url": f"https://{name}.example/hook"} for name in names})
    gateway.run_pending()
    modem.is_able = False

    live(gateway, clock, 160)

    assert len(sender.calls) == 1


def test_a_channel_that_comes_and_goes_does_not_flood(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start()
    gateway.run_pending()
    for _ in range(60):
        modem.is_able = not modem.is_able
        live(gateway, clock, 200)

    assert told(sender) == [("raised", "channel_down", "modem")]


def test_a_channel_that_is_never_away_for_long_but_again_and_again_is_told(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start()
    gateway.run_pending()
    for _ in range(30):
        modem.is_able = not modem.is_able
        live(gateway, clock, 10)
    assert told(sender) == [("raised", "channel_down", "modem")]
    assert [one.detail for one in gateway.alerts.active()] == [
        "modem can send again, for now: a fake"
    ]

    modem.is_able = True
    live(gateway, clock, HOUR)

    assert told(sender)[1:] == [("cleared", "channel_down", "modem")]


def test_a_channel_that_is_away_for_a_moment_once_in_a_while_is_not_told(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start()
    gateway.run_pending()
    for _ in range(20):
        modem.is_able = False
        live(gateway, clock, 60)
        modem.is_able = True
        live(gateway, clock, 310)

    assert told(sender) == []


def test_a_reminder_comes_when_it_is_time(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start(remind_after=HOUR)
    gateway.run_pending()
    modem.is_able = False

    live(gateway, clock, 4 * HOUR, step=30)

    assert [state for state, *_ in told(sender)] == ["raised", "reminded", "reminded", "reminded"]


def test_what_was_told_is_remembered_over_a_restart(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    modem.is_able = False
    gateway = start()
    gateway.run_pending()
    live(gateway, clock, 10 * MINUTE)
    again = start()
    again.run_pending()
    live(again, clock, HOUR)
    assert told(sender) == [("raised", "channel_down", "modem")]

    (active,) = again.alerts.active()
    assert (active.kind, active.subject, active.heard_by) == ("channel_down", "modem", ("ops",))
    modem.is_able = True
    live(again, clock, HOUR)
    assert [state for state, *_ in told(sender)] == ["raised", "cleared"]


def test_a_receiver_that_is_down_is_tried_again_and_hears_each_thing_once(
    start: Callable[..., Gateway],
    clock: ManualClock,
    modem: Modem,
    sender: FakeSender,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(call: Call | Push) -> Answer:
        return BROKEN if len(sender.calls) < 5 else Answer(seconds=0.1, status=200)

    sender.answer = answer
    gateway = start()
    gateway.run_pending()
    modem.is_able = False
    live(gateway, clock, HOUR)

    assert [state for state, *_ in told(sender)] == ["raised"] * 6
    assert len({call.event_id for call in sender.calls}) == 1
    assert caplog.text.count("alerts cannot be told to ops") == 1


def test_while_the_store_fails_alerts_go_out_and_afterwards_it_is_over(
    start: Callable[..., Gateway],
    clock: ManualClock,
    store: Failing,
    modem: Modem,
    sender: FakeSender,
) -> None:
    gateway = start()
    gateway.run_pending()
    live(gateway, clock, MINUTE)
    store.fault, modem.is_able = StoreUnavailable("the disk is full"), False
    live(gateway, clock, 10 * MINUTE)

    assert told(sender) == [
        ("raised", "store_failing", ""),
        ("raised", "channel_down", "modem"),
    ]
    assert "the disk is full" in sender.calls[0].body.decode()
    store.fault, modem.is_able = None, True
    live(gateway, clock, 10 * MINUTE)
    assert {state for state, *_ in told(sender)[2:]} == {"cleared"}
    assert gateway.alerts.active() == []


def test_while_the_store_fails_only_channels_that_run_here_are_asked() -> None:
    asked: list[str] = []

    def health(name: str) -> ChannelHealth:
        asked.append(name)
        return ChannelHealth(is_ready=False, detail="not open")

    looking = Looking(
        config=AlertsConfig(),
        channels=("here", "elsewhere"),
        own=lambda: ["here"],
        health=health,
        silent_after=timedelta(0),
    )

    (reading,) = looking.without_store()
    assert (reading.condition.subject, asked) == ("here", ["here"])


def test_who_does_not_look_any_more_shows_what_was_kept(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    modem.is_able = False
    gateway = start()
    gateway.run_pending()
    live(gateway, clock, 10 * MINUTE)
    before = gateway.alerts.active()

    gateway.alerts.close()

    assert gateway.alerts.run_once() == 0
    assert gateway.alerts.active() == before
    assert len(sender.calls) == len(before) == 1


def test_a_queue_that_grows_old_is_told(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start(ignore=["channel_down"])
    gateway.run_pending()
    modem.is_able = False
    gateway.submissions.submit(account="acme", to="+491701234567", text="hi")

    live(gateway, clock, 14 * MINUTE)
    assert told(sender) == []
    live(gateway, clock, 3 * MINUTE)
    assert told(sender) == [("raised", "queue_age", "modem")]


@pytest.mark.parametrize(("left", "is_over"), [(124, False), (125, True)])
def test_low_credit_is_told_until_there_is_clearly_more(
    start: Callable[..., Gateway],
    clock: ManualClock,
    sender: FakeSender,
    *,
    left: int,
    is_over: bool,
) -> None:
    gateway = start(low_credit=100, hold=0, settle=0)
    gateway.run_pending()
    live(gateway, clock, MINUTE)
    assert told(sender) == []
    gateway.administration.credit("acme", -100, why="test")
    live(gateway, clock, MINUTE)
    assert told(sender) == [("raised", "low_credit", "acme")]

    gateway.administration.credit("acme", left - 100, why="test")
    live(gateway, clock, MINUTE)

    assert (len(told(sender)) == 2) is is_over


def test_a_sim_that_is_almost_full_is_told(
    start: Callable[..., Gateway], clock: ManualClock, modem: Modem, sender: FakeSender
) -> None:
    gateway = start(hold=0, settle=0)
    gateway.run_pending()
    for fullness in (0.79, 0.8, 0.7, 0.59):
        modem.fullness = fullness
        live(gateway, clock, 2 * MINUTE)

    assert [state for state, *_ in told(sender)] == ["raised", "cleared"]
    assert "80% full" in sender.calls[0].body.decode()


def test_a_phone_that_falls_silent_is_told(
    start: Callable[..., Gateway], clock: ManualClock, sender: FakeSender
) -> None:
    gateway = start(hold=0, settle=0)
    gateway.run_pending()
    account = gateway.inquiry.account_named("acme")
    gateway.pickup.fetch(account.id, device="pixel", limit=1)
    live(gateway, clock, 14 * MINUTE)
    assert told(sender) == []

    live(gateway, clock, 3 * MINUTE)
    gateway.pickup.fetch(account.id, device="pixel", limit=1)
    live(gateway, clock, 3 * MINUTE)

    assert told(sender) == [
        ("raised", "phone_silent", "pixel of acme"),
        ("cleared", "phone_silent", "pixel of acme"),
    ]


def test_the_name_of_a_phone_makes_no_line_of_its_own(
    start: Callable[..., Gateway],
    clock: ManualClock,
    sender: FakeSender,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = start(hold=0)
    gateway.run_pending()
    account = gateway.inquiry.account_named("acme")
    gateway.pickup.fetch(account.id, device="a\nb\x1b[1m", limit=1)
    live(gateway, clock, HOUR)

    assert told(sender) == [("raised", "phone_silent", "a\ufffdb\ufffd[1m of acme")]
    assert not any("\n" in record.getMessage() for record in caplog.records)


def test_calls_are_signed_with_a_secret_of_the_receiver_and_may_go_anywhere(
    start: Callable[..., Gateway], sender: FakeSender
) -> None:
    gateway = start(
        receivers={name: {"url": f"http://10.0.0.9/{name}"} for name in ("ops", "boss")}
    )

    assert gateway.alerts.try_out("ops") is None

    (call,) = sender.calls
    assert call.is_operators
    assert call.secrets == (gateway.alerts.secret("ops"),)
    assert gateway.alerts.secret("ops") != gateway.alerts.secret("boss")
    body = json.loads(call.body)
    assert (body["trial"], body["alerts"]) == (True, [])
    with pytest.raises(NotFound, match="known: ops, boss"):
        gateway.alerts.try_out("cfo")


def test_without_receivers_nothing_is_written_down(
    start: Callable[..., Gateway], store: Failing
) -> None:
    gateway = start(receivers={})
    gateway.run_pending()

    assert store.read(lambda view: view.journal.get(channel="", key="alerts")) is None
