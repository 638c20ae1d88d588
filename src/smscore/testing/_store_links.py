"""
The store contract: links, and what goes by them.
"""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore.domain.deliveries import Leg, ProcessId, Status
from smscore.domain.links import Link
from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress
from smscore.errors import Rejected
from smscore.ports.storage import Store, Tracked, UnitOfWork, View
from smscore.testing._store_kit import add, do, do_each, queue
from smscore.testing.builders import RECIPIENT, a_delivery, a_link, a_message
from smscore.testing.fakes import NOON

__all__ = ["LinksContract"]

_OTHER = PhoneNumber("+491701234568")
_ADDRESS = EmailAddress("anna.müller@xn--bcher-kva.example")
_LATER = NOON + timedelta(seconds=30)


def _links_of(store: Store, number: PhoneNumber = RECIPIENT) -> list[Link]:
    return list(store.read(lambda view: view.links.of(number)))


def _put(store: Store, *links: Link) -> None:
    do_each(store, links, lambda work, link: work.links.put(link))


class LinksContract:
    """A number has one address on a channel, and an address one number."""

    def test_a_link_is_found_by_its_number_and_by_its_address(self, store: Store) -> None:
        link = a_link(name="Grüß 😀")
        _put(store, link)

        assert store.read(lambda view: view.links.get("fake", RECIPIENT)) == link
        assert store.read(lambda view: view.links.at("fake", "1001")) == link
        assert do(store, lambda work: work.links.get("fake", RECIPIENT)) == link
        assert store.read(lambda view: view.links.get("fake", _OTHER)) is None
        assert store.read(lambda view: view.links.get("other", RECIPIENT)) is None
        assert store.read(lambda view: view.links.at("fake", "1002")) is None

    def test_a_number_may_be_linked_to_several_channels(self, store: Store) -> None:
        links = [a_link(channel="b"), a_link(channel="a", address="7")]
        _put(store, *links, a_link(channel="a", number=_OTHER, address="8"))

        assert _links_of(store) == [links[1], links[0]]

    def test_a_new_address_replaces_that_of_the_number(self, store: Store) -> None:
        newer = a_link(address="1002", name="new", linked_at=_LATER)
        _put(store, a_link(), newer)

        assert _links_of(store) == [newer]
        assert store.read(lambda view: view.links.at("fake", "1001")) is None

    def test_whoever_changes_the_number_is_not_reached_under_the_old_one(
        self, store: Store
    ) -> None:
        _put(store, a_link(), a_link(number=_OTHER))

        assert _links_of(store) == []
        assert _links_of(store, _OTHER) == [a_link(number=_OTHER)]

    def test_a_link_is_removed_from_its_channel_alone(self, store: Store) -> None:
        _put(store, a_link(), a_link(channel="other"))

        for _ in range(2):  # there may be none
            do(store, lambda work: work.links.remove("fake", RECIPIENT))

        assert _links_of(store) == [a_link(channel="other")]

    def test_the_links_of_a_channel_are_counted(self, store: Store) -> None:
        _put(store, a_link(), a_link(channel="other"), a_link(number=_OTHER, address="1002"))

        def counted(view: View) -> list[int]:
            return [view.links.count(channel) for channel in ("fake", "other", "nobody's")]

        assert store.read(counted) == [2, 1, 0]
        assert do(store, counted) == [2, 1, 0]

    def test_links_are_undone_with_their_unit(self, store: Store) -> None:
        _put(store, a_link())

        def change_and_fail(work: UnitOfWork) -> None:
            work.links.put(a_link(number=_OTHER))
            raise Rejected("not today")

        with pytest.raises(Rejected):
            do(store, change_and_fail)

        assert _links_of(store) == [a_link()]

    # What goes by links.

    @pytest.mark.parametrize("medium", Medium)
    def test_a_message_keeps_its_medium(self, store: Store, medium: Medium) -> None:
        message = a_message(medium=medium)
        add(store, Tracked(message=message, delivery=a_delivery(message)))

        found = store.read(lambda view: view.outbox.get(message.id))
        assert found is not None
        assert found.message == message

    def test_a_message_keeps_an_address_as_its_recipient(self, store: Store) -> None:
        message = a_message(recipient=_ADDRESS, medium=Medium.EMAIL)
        add(store, Tracked(message=message, delivery=a_delivery(message)))

        found = store.read(lambda view: view.outbox.get(message.id))
        assert found is not None
        assert found.message.recipient == found.delivery.recipient == _ADDRESS

    def test_an_address_has_no_links(self, store: Store) -> None:
        do(store, lambda work: work.links.put(a_link()))

        assert store.read(lambda view: view.links.of(_ADDRESS)) == []

    def test_a_delivery_keeps_all_of_its_route(self, store: Store) -> None:
        route = (
            Leg(channel="bot", price=0, medium=Medium.TELEGRAM, parts=2, patience=30.0),
            Leg(channel="modem", price=3),
            Leg(channel="phone", price=1, medium=Medium.VOICE, parts=1),
        )
        delivery = queue(store, route=route, fall_back_at=_LATER)

        found = store.read(lambda view: view.outbox.get(delivery.message))
        assert found is not None
        assert found.delivery == delivery

    def test_what_waits_for_too_long_is_found_whatever_holds_it_up(self, store: Store) -> None:
        latest = queue(store, fall_back_at=_LATER)
        sending = queue(
            store,
            status=Status.SENDING,
            owner=ProcessId(1),
            fall_back_at=_LATER - timedelta(seconds=2),
        )
        retried = queue(
            store,
            status=Status.SCHEDULED,
            due_at=_LATER,
            fall_back_at=_LATER - timedelta(seconds=1),
        )
        queue(store)

        def stranded(seconds: int, limit: int = 10) -> list[int]:
            now = _LATER + timedelta(seconds=seconds)
            found = do(store, lambda work: work.outbox.stranded(now=now, limit=limit))
            assert store.read(lambda view: view.outbox.has_stranded(now=now)) is bool(found)
            return [one.message for one in found]

        assert stranded(-3) == []
        assert stranded(-1) == [sending.message, retried.message]
        assert stranded(0) == [sending.message, retried.message, latest.message]
        assert stranded(0, limit=1) == [sending.message]

    def test_what_has_moved_on_waits_for_nothing(self, store: Store) -> None:
        delivery = queue(store, fall_back_at=_LATER)

        do(store, lambda work: work.outbox.save(replace(delivery, fall_back_at=None)))

        assert store.read(lambda view: view.outbox.has_stranded(now=_LATER)) is False
