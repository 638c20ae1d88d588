"""
That nothing new is given to a channel of a group that has been unable for long.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import attrs
import pytest

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId, Priority, Surface
from smscore.domain.routes import Route
from smscore.ports.transport import ChannelHealth
from smscore.registry import Registry
from smscore.services.submission import Item, Submission
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator

NUMBERS = [f"+49170{ending}" for ending in range(1_000_000, 1_000_040)]


class Sim(FakeTransport):
    """A channel of a group, whose state is set by hand."""

    def __init__(self, name: str, daily_parts: float | None) -> None:
        super().__init__(name=name)
        self.daily_parts = daily_parts
        self.is_spent = False
        self.least = Priority.LOW

    def health(self) -> ChannelHealth:
        health = super().health()
        return attrs.evolve(
            health, is_ready=health.is_ready and not self.is_spent, least_priority=self.least
        )


@attrs.frozen
class Card:
    """What a channel of these tests is configured with."""

    daily_parts: float | None = None


@attrs.define
class World:
    """A gateway with one group of two SIMs."""

    store: MemoryStore
    clock: ManualClock
    sims: dict[str, Sim] = attrs.Factory(dict)

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="sim", options=Card, make=self._make, capabilities=FakeTransport.capabilities
        )

    def _make(self, name: str, options: Card) -> Sim:
        self.sims[name] = Sim(name, options.daily_parts)
        return self.sims[name]

    def gateway(self, **daily_parts: float) -> Gateway:
        names = ("one", "two")
        return build(
            GatewayConfig.from_mapping(
                {
                    "plugins": {"enabled": []},
                    "groups": {"sims": {"channels": list(names)}},
                    "channels": {
                        name: {"transport": "sim", "daily_parts": daily_parts.get(name, 100.0)}
                        for name in names
                    },
                }
            ),
            store=self.store,
            authenticator=PlainAuthenticator(self.store),
            clock=self.clock,
            plugins=[self],
        )

    def wait(self, gateway: Gateway, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.move(seconds=1)
            gateway.run_pending()


@pytest.fixture
def world(store: MemoryStore, clock: ManualClock) -> World:
    return World(store, clock)


@pytest.fixture
def gateway(world: World) -> Iterator[Gateway]:
    with world.gateway() as gateway:
        gateway.administration.create_account("acme", credits=1000)
        gateway.rules.apply([Route(name="all", channels=("sims",))])
        gateway.run_pending()
        yield gateway


def planned(gateway: Gateway, priority: Priority = Priority.NORMAL) -> list[str]:
    """The first channel for each of the numbers."""
    plans = gateway.submissions.estimate(
        Submission(
            account=gateway.inquiry.account_named("acme").id,
            surface=Surface.LIBRARY,
            items=tuple(Item(to=number, text="hello") for number in NUMBERS),
            priority=priority,
        )
    )
    return [plan.route[0].channel for plan in plans]


def test_both_have_recipients_and_keep_them(world: World, gateway: Gateway) -> None:
    before = planned(gateway)
    world.wait(gateway, 100)

    assert planned(gateway) == before
    assert set(before) == {"one", "two"}


def test_who_may_carry_more_has_more_recipients(world: World, gateway: Gateway) -> None:
    counts = Counter(planned(World(world.store, world.clock).gateway(one=100.0, two=900.0)))

    assert counts["two"] > 3 * counts["one"] > 0


def test_a_channel_that_has_been_unable_for_long_gets_nothing_until_it_is_able_again(
    world: World, gateway: Gateway
) -> None:
    before = planned(gateway)
    world.sims["one"].is_spent = True
    world.wait(gateway, 29)
    assert planned(gateway) == before

    world.wait(gateway, 3)
    assert set(planned(gateway)) == {"two"}
    world.sims["one"].is_spent = False
    world.wait(gateway, 2)

    assert planned(gateway) == before


def test_what_was_decided_while_a_channel_rested_is_decided_so_again(
    world: World, gateway: Gateway
) -> None:
    before = planned(gateway)
    unlucky = [NUMBERS[place] for place, first in enumerate(before) if first == "one"][:5]
    world.sims["one"].is_spent = True
    world.wait(gateway, 32)
    for number in unlucky:
        gateway.submissions.submit(account="acme", to=number, text="hello")
    world.sims["one"].is_spent = False
    world.wait(gateway, 2)
    assert planned(gateway) == before

    found = list(gateway.trials.replay(since=world.clock.now() - timedelta(hours=1)))

    assert [one.was.channels for one in found if one.was] == ["two, one"] * 5
    assert not any(one.is_different for one in found)


def test_what_is_urgent_still_goes_to_a_channel_that_keeps_the_rest_for_it(
    world: World, gateway: Gateway
) -> None:
    before = planned(gateway)
    world.sims["one"].least = Priority.HIGH
    world.wait(gateway, 32)

    assert set(planned(gateway)) == {"two"}
    assert planned(gateway, Priority.HIGH) == before


def test_when_the_reserve_is_used_up_too_nothing_new_comes_back(
    world: World, gateway: Gateway
) -> None:
    world.sims["one"].least = Priority.HIGH
    world.wait(gateway, 32)
    world.sims["one"].is_spent = True
    world.wait(gateway, 2)
    assert set(planned(gateway)) == {"two"}

    world.wait(gateway, 30)
    assert set(planned(gateway, Priority.HIGH)) == {"two"}


def test_when_all_are_spent_messages_wait_for_their_own_channel(
    world: World, gateway: Gateway
) -> None:
    before = planned(gateway)
    for sim in world.sims.values():
        sim.is_spent = True
    world.wait(gateway, 32)

    assert planned(gateway) == before


def test_nothing_is_lost_while_channels_come_and_go(world: World, gateway: Gateway) -> None:
    messages: list[MessageId] = []
    for round_ in range(4):
        world.sims["one"].is_spent, world.sims["two"].is_spent = bool(round_ & 1), bool(round_ & 2)
        messages += [
            gateway.submissions.submit(account="acme", to=number, text="hello").message
            for number in NUMBERS[:10]
        ]
        world.wait(gateway, 40)
    world.sims["one"].is_spent = world.sims["two"].is_spent = False
    world.wait(gateway, 2)

    sent = [job.message for sim in world.sims.values() for job in sim.jobs]
    assert sorted(sent) == sorted(messages)
    assert {gateway.inquiry.message(one).delivery.status for one in messages} == {Status.SENT}


def test_what_nobody_has_looked_at_for_long_is_not_believed(world: World, gateway: Gateway) -> None:
    before = planned(gateway)
    world.sims["one"].is_spent = True
    world.wait(gateway, 32)
    world.clock.move(minutes=3)

    assert planned(gateway) == before


def test_another_process_sees_it_too(world: World, gateway: Gateway) -> None:
    world.sims["one"].is_spent = True
    world.wait(gateway, 32)

    other = World(world.store, world.clock).gateway()

    assert set(planned(other)) == {"two"}
