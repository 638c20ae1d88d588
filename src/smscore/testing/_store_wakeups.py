"""
The store contract: commits wake whoever waits for them.
"""

import threading

from msgspec.structs import replace

from smscore.domain.accounts import Account
from smscore.domain.deliveries import ProcessId
from smscore.domain.routes import Revision
from smscore.ports.storage import Store, Topic, UnitOfWork
from smscore.testing._store_everything import (
    Refused,
    change_everything,
)
from smscore.testing._store_kit import (
    PATIENCE,
    an_event,
    do,
    open_account,
    queue,
)
from smscore.testing.builders import a_tracked, a_user
from smscore.testing.fakes import NOON

__all__ = ["WakeupsContract"]


class WakeupsContract:
    """After the commit, for as long as it takes to be seen, and on the right topics alone."""

    # Wake-ups.

    def test_a_queued_message_wakes_its_channel_after_the_commit(self, store: Store) -> None:
        wakeup, unconcerned = store.wakeup("fake"), store.wakeup("other")
        seen: list[bool] = []

        def work(work: UnitOfWork) -> None:
            tracked = a_tracked()
            work.outbox.add(tracked.message, tracked.delivery)
            seen.append(wakeup.wait(0))

        do(store, work)

        assert seen == [False]
        assert wakeup.wait(0)
        assert not unconcerned.wait(0)

    def test_a_wake_up_is_a_level(self, store: Store) -> None:
        wakeup = store.wakeup("fake")
        queue(store)
        queue(store)

        assert [wakeup.wait(0), wakeup.wait(0)] == [True, False]

    def test_each_wake_up_is_its_holders_alone(self, store: Store) -> None:
        one, two = store.wakeup("fake"), store.wakeup("fake")
        queue(store)

        assert [one.wait(0), two.wait(0)] == [True, True]

    def test_a_released_message_wakes_its_channel(self, store: Store) -> None:
        claimed = queue(store).claimed(owner=ProcessId(1))
        wakeup = store.wakeup("fake")

        do(store, lambda work: work.outbox.save(claimed))
        before = wakeup.wait(0)
        do(store, lambda work: work.outbox.save(claimed.released()))

        assert (before, wakeup.wait(0)) == (False, True)

    def test_a_unit_that_raises_wakes_nobody(self, store: Store) -> None:
        open_account(store)
        wakeups = [store.wakeup(topic) for topic in ("fake", *Topic)]

        def fail(work: UnitOfWork) -> None:
            change_everything(work)
            raise Refused("no")

        store.run(fail).exception(PATIENCE)

        assert [wakeup.wait(0) for wakeup in wakeups] == [False] * len(wakeups)

    def test_each_topic_is_told_of_its_own_changes(self, store: Store) -> None:
        account = open_account(store)
        works = {
            Topic.ACCOUNTS: lambda work: work.accounts.save(replace(account, tariff="enterprise")),
            Topic.CREDENTIALS: lambda work: work.credentials.add_user(a_user()),
            Topic.ROUTING: lambda work: work.routing.add(Revision(number=1, at=NOON)),
            Topic.EVENTS: lambda work: work.events.add(an_event()),
        }
        for told, work in works.items():
            wakeups = {topic: store.wakeup(topic) for topic in Topic}

            do(store, work)

            assert {topic for topic, wakeup in wakeups.items() if wakeup.wait(0)} == {told}

    def test_spending_changes_no_setting(self, store: Store) -> None:
        account: Account = open_account(store, credits=10)
        wakeup = store.wakeup(Topic.ACCOUNTS)

        spent = replace(account, credits=9, used=1, month="2026-03")
        do(store, lambda work: work.accounts.save(spent))

        assert not wakeup.wait(0)

    def test_a_waiting_thread_is_woken_by_a_commit(self, store: Store) -> None:
        wakeup = store.wakeup("fake")
        woken: list[bool] = []
        thread = threading.Thread(target=lambda: woken.append(wakeup.wait(PATIENCE)))
        thread.start()

        queue(store)
        thread.join(PATIENCE)

        assert woken == [True]

    def test_a_waiting_thread_can_be_stopped(self, store: Store) -> None:
        wakeup = store.wakeup("fake")
        woken: list[bool] = []
        thread = threading.Thread(target=lambda: woken.append(wakeup.wait(PATIENCE)))
        thread.start()

        wakeup.set()
        thread.join(PATIENCE)

        assert woken == [True]
