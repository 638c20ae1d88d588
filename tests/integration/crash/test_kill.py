"""
The server is killed under load; what it promised must be there, and nothing may be sent twice.
"""

import random
import threading
from pathlib import Path

import pytest
from load import Load
from world import CREDITS, UNDER_WAY, World

import smscore
from smscore.domain.deliveries import Status

MESSAGES = 1_000
KILLS = 3


def settle(world: World, *, timeout: float = 60) -> None:
    """Wait until every message that a modem carries has left the queue."""
    pause = threading.Event()
    with world.open() as gateway:
        for _ in range(int(timeout / 0.1)):
            counts = [
                gateway.store.read(lambda view, name=name: view.outbox.count(channel=name))
                for name in ("modem-1", "modem-2")
            ]
            if not any(count.get(status) for count in counts for status in UNDER_WAY):
                return
            pause.wait(0.1)
    raise AssertionError(f"messages are still under way: {counts}")


def all_messages(gateway: smscore.Gateway) -> dict[int, smscore.domain.deliveries.Delivery]:
    return {
        tracked.message.id: tracked.delivery
        for tracked in gateway.inquiry.messages(limit=10 * MESSAGES)
    }


@pytest.mark.slow
def test_a_killed_server_loses_nothing_it_promised_and_sends_nothing_twice(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    with World(tmp_path) as world:
        world.start()
        load = Load(world, messages=MESSAGES)
        load.start()
        for kill in sorted(chance.sample(range(20, MESSAGES - 200), KILLS)):
            load.wait_for(kill)
            world.kill()
            world.start()
        load.finish()
        settle(world)

        with world.open() as gateway:
            stored = all_messages(gateway)
            account = gateway.inquiry.account_named("acme")
            total = gateway.store.read(lambda view: view.ledger.total(account.id))
            stories = {
                message: [event.sequence for event in gateway.inquiry.explain(message).events]
                for message in stored
            }
        parts = world.parts_in_log()

    told = f"seed {seed}"
    assert len(load.promised) > MESSAGES * 0.8, told
    assert set(load.promised) <= set(stored), told
    for message, recipient in load.promised.items():
        assert stored[message].recipient.value == recipient, told
    carried = [one for one in stored.values() if one.channel.startswith("modem")]
    assert {one.status for one in carried} <= {
        Status.SENT,
        Status.DELIVERED,
        Status.INDETERMINATE,
    }, told
    assert [part for part, times in parts.items() if times > 1] == [], told
    sent = {recipient for recipient, _ in parts}
    for delivery in carried:
        if delivery.status is not Status.INDETERMINATE:
            assert delivery.recipient.value in sent, told
    assert len(load.handed_out) == len(set(load.handed_out)), told
    assert account.credits == total, told
    assert account.credits == CREDITS - sum(one.charged for one in stored.values()), told
    assert all(story == list(range(1, len(story) + 1)) for story in stories.values()), told
