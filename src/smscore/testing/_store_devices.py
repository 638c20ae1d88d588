"""
The store contract: phones, and what they were handed.
"""

from datetime import timedelta

from smscore.domain.deliveries import Status
from smscore.domain.devices import Device
from smscore.domain.messages import AccountId, MessageId
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_kit import do, do_each, queue
from smscore.testing.builders import a_device
from smscore.testing.fakes import NOON

__all__ = ["DevicesContract"]

_ACME, _OTHER = AccountId(1), AccountId(2)
_LATER = NOON + timedelta(minutes=15)


def _put(store: Store, *devices: Device) -> None:
    do_each(store, devices, lambda work, device: work.devices.put(device))


def _silent(store: Store, *, limit: int = 10) -> list[tuple[int, str]]:
    found = store.read(lambda view: view.devices.silent(since=_LATER, limit=limit))
    return [(one.account, one.name) for one in found]


def _claimed(store: Store, *, account: AccountId = _ACME, limit: int = 10) -> list[MessageId]:
    found = store.read(lambda view: view.outbox.claimed(account, before=_LATER, limit=limit))
    return [one.message for one in found]


class DevicesContract:
    """A device is its account's, and known by its name; a claim has its time."""

    def test_a_device_is_found_by_its_account_and_name(self, store: Store) -> None:
        device = a_device(name="Grüß 😀", last_poll=None, delivered=3, failed=2)
        _put(store, device)

        assert store.read(lambda view: view.devices.get(_ACME, "Grüß 😀")) == device
        assert do(store, lambda work: work.devices.get(_ACME, "Grüß 😀")) == device
        assert store.read(lambda view: view.devices.get(_ACME, "grüß 😀")) is None
        assert store.read(lambda view: view.devices.get(_OTHER, "Grüß 😀")) is None

    def test_a_device_is_replaced_by_what_is_known_of_it_later(self, store: Store) -> None:
        later = a_device(last_seen=_LATER, delivered=1)
        _put(store, a_device(), later)

        assert list(store.read(lambda view: view.devices.find())) == [later]

    def test_devices_are_listed_by_account_and_name(self, store: Store) -> None:
        devices = [a_device(name=""), a_device(name="a"), a_device(account=_OTHER, name="a")]
        _put(store, devices[2], devices[1], devices[0])

        assert list(store.read(lambda view: view.devices.find())) == devices
        assert list(store.read(lambda view: view.devices.find(account=_ACME))) == devices[:2]

    def test_a_unit_sees_the_device_that_it_has_put(self, store: Store) -> None:
        def work(work: UnitOfWork) -> Device | None:
            work.devices.put(a_device())
            return work.devices.get(_ACME, "pixel")

        assert do(store, work) == a_device()

    def test_a_device_that_is_removed_is_gone(self, store: Store) -> None:
        _put(store, a_device(), a_device(account=_OTHER))

        assert do(store, lambda work: work.devices.remove(_ACME, "pixel"))
        assert not do(store, lambda work: work.devices.remove(_ACME, "pixel"))
        assert [one.account for one in store.read(lambda view: view.devices.find())] == [_OTHER]

    def test_those_that_were_seen_last_are_kept(self, store: Store) -> None:
        for minutes, name in enumerate("bca"):
            _put(store, a_device(name=name, last_seen=NOON + timedelta(minutes=minutes)))
        _put(store, a_device(account=_OTHER))

        do(store, lambda work: work.devices.keep_latest(_ACME, 2))

        left = store.read(lambda view: view.devices.find())
        assert [one.name for one in left] == ["a", "c", "pixel"]

    def test_a_device_that_was_not_seen_since_is_silent(self, store: Store) -> None:
        _put(
            store,
            a_device(name="b"),
            a_device(name="a", last_seen=NOON - timedelta(hours=1), last_poll=None),
            a_device(name="polls", last_seen=_LATER, last_poll=_LATER),
            a_device(name="reports", last_seen=_LATER),
            a_device(account=_OTHER, name=""),
        )

        assert _silent(store)[0] == (_ACME, "a")
        assert sorted(_silent(store)) == [(_ACME, "a"), (_ACME, "b"), (_OTHER, "")]
        assert _silent(store, limit=1) == [(_ACME, "a")]

    def test_a_poll_without_a_name_may_be_that_of_any_phone(self, store: Store) -> None:
        nameless = a_device(name="", last_seen=_LATER, last_poll=_LATER)
        _put(store, a_device(name="b"), nameless, a_device(account=_OTHER, name="b"))

        assert _silent(store) == [(_OTHER, "b")]

    def test_a_report_without_a_name_is_no_poll(self, store: Store) -> None:
        _put(store, a_device(name="b"), a_device(name="", last_seen=_LATER))

        assert _silent(store) == [(_ACME, "b")]

    def test_the_nameless_are_not_silent_while_one_polls_under_its_name(self, store: Store) -> None:
        _put(store, a_device(name=""), a_device(name="b", last_seen=_LATER, last_poll=_LATER))

        assert _silent(store) == []

    def test_what_phones_were_handed_is_found_by_its_time(self, store: Store) -> None:
        second = queue(store, status=Status.SENDING, claimed_at=NOON + timedelta(seconds=1))
        first = queue(store, status=Status.SENDING, claimed_at=NOON)
        queue(store, status=Status.SENDING, claimed_at=_LATER)
        queue(store, status=Status.SENDING)
        queue(store)

        assert _claimed(store) == [first.message, second.message]
        assert _claimed(store, limit=1) == [first.message]
        assert _claimed(store, account=_OTHER) == []
        count = store.read(lambda view: view.outbox.count_claimed(_ACME, before=_LATER))
        assert count == len(_claimed(store))

    def test_what_a_phone_has_told_is_not_claimed_any_more(self, store: Store) -> None:
        delivery = queue(store).handed_out(at=NOON)
        do(store, lambda work: work.outbox.save(delivery))
        assert _claimed(store) == [delivery.message]

        do(store, lambda work: work.outbox.save(delivery.delivered(at=_LATER)))

        assert _claimed(store) == []
