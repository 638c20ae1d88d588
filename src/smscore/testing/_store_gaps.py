"""
The store contract: messages of which parts are missing, and the parts that wait for those.
"""

from datetime import timedelta
from functools import partial
from typing import Any

import attrs

from smscore.domain.gaps import OpenGroup
from smscore.domain.headers import Concatenation
from smscore.domain.inbound import InboundMessage, InboundPart
from smscore.domain.messages import MessageId
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_kit import at_once, do, do_each
from smscore.testing.builders import a_part
from smscore.testing.fakes import NOON

__all__ = ["GapsContract"]

_MINUTE = timedelta(minutes=1)


def _numbered(number: int, *, reference: int = 7, minutes: int = 0) -> InboundPart:
    """A part of three, which came so many minutes after noon."""
    return a_part(
        concatenation=Concatenation(reference=reference, total=3, number=number),
        received_at=NOON + minutes * _MINUTE,
    )


def _message(number: int, *, text: str = "one […]", missing: tuple[int, ...]) -> InboundMessage:
    return InboundMessage(
        id=MessageId(number),
        account=None,
        channel="fake",
        sender="+491709999999",
        text=text,
        received_at=NOON,
        missing=missing,
    )


def _group(**changes: Any) -> OpenGroup:
    """That of the usual parts."""
    group = OpenGroup(
        channel="fake",
        sender="+491709999999",
        reference=7,
        is_wide=False,
        total=3,
        parts=1,
        since=NOON,
        unseen_since=NOON,
    )
    return attrs.evolve(group, **changes)


def _open_groups(store: Store, *, limit: int = 10) -> list[OpenGroup]:
    return list(store.read(lambda view: view.inbox.open_groups(limit=limit)))


class GapsContract:
    """What came is found until it is whole or closed."""

    def test_open_parts_are_counted_by_their_reference_the_eldest_first(self, store: Store) -> None:
        wide = Concatenation(reference=0xFFFF, total=2, number=2, is_wide=True)
        parts = [
            _numbered(1, minutes=2),
            _numbered(3, minutes=1),
            _numbered(3, minutes=3),
            _numbered(1, reference=8),
            a_part(concatenation=wide, received_at=NOON + 5 * _MINUTE, channel="other"),
            a_part(),
        ]
        do_each(store, parts, lambda work, part: work.inbox.add_part(part))
        do(store, lambda work: work.inbox.joined(parts[-1:]))
        expected = [
            _group(reference=8),
            _group(parts=3, since=NOON + _MINUTE, unseen_since=NOON + _MINUTE),
            _group(
                channel="other",
                reference=0xFFFF,
                is_wide=True,
                total=2,
                since=NOON + 5 * _MINUTE,
                unseen_since=NOON + 5 * _MINUTE,
            ),
        ]

        assert _open_groups(store) == expected
        assert _open_groups(store, limit=1) == expected[:1]
        assert list(do(store, lambda work: work.inbox.open_groups(limit=10))) == expected

    def test_of_groups_as_old_as_one_another_the_first_to_come_is_first(self, store: Store) -> None:
        references = [*range(90, 60, -2), *range(61, 91, 2)]
        parts = [_numbered(number, reference=one) for number in (1, 2) for one in references]
        do_each(store, parts, lambda work, part: work.inbox.add_part(part))

        for limit in (1, 7, 30):
            found = _open_groups(store, limit=limit)
            assert [one.reference for one in found] == references[:limit]

    def test_parts_of_which_a_message_was_made_are_open_and_know_it(self, store: Store) -> None:
        first, second = _numbered(1), _numbered(3, minutes=1)
        do_each(store, (first, second), lambda work, part: work.inbox.add_part(part))

        do(store, lambda work: work.inbox.published([first], MessageId(5)))

        (group,) = _open_groups(store)
        assert group == _group(parts=2, unseen_since=NOON + _MINUTE)
        expected = [attrs.evolve(first, published_as=MessageId(5)), second]
        assert list(do(store, lambda work: work.inbox.parts_of(group, limit=10))) == expected
        assert list(do(store, lambda work: work.inbox.siblings(second, limit=10))) == expected
        assert list(do(store, lambda work: work.inbox.parts_of(group, limit=1))) == [second]

    def test_parts_that_wait_for_no_others_are_open_no_more(self, store: Store) -> None:
        part = _numbered(1)
        do(store, lambda work: work.inbox.add_part(part))
        do(store, lambda work: work.inbox.published([part], MessageId(5)))

        do(store, lambda work: work.inbox.joined([part]))

        assert _open_groups(store) == []
        assert list(do(store, lambda work: work.inbox.parts_of(_group(), limit=10))) == []
        assert do(store, lambda work: work.inbox.add_part(part)) is False

    def test_a_message_loses_its_gaps_and_nothing_else(self, store: Store) -> None:
        before, other = _message(5, missing=(2, 13)), _message(6, missing=(1,))
        do_each(store, (before, other), lambda work, message: work.inbox.add(message))
        assert list(store.read(lambda view: view.inbox.find())) == [other, before]

        whole = attrs.evolve(before, text="grüß\x00😀", missing=())
        do(store, lambda work: work.inbox.complete(attrs.evolve(whole, channel="unheard")))

        assert list(store.read(lambda view: view.inbox.find())) == [other, whole]

    def test_open_parts_are_kept_for_as_long_as_their_message(self, store: Store) -> None:
        parts = [_numbered(1), _numbered(2, reference=8), _numbered(3, reference=9)]
        do_each(store, parts, lambda work, part: work.inbox.add_part(part))
        do(store, lambda work: work.inbox.add(_message(5, missing=(2, 3))))
        do(store, lambda work: work.inbox.published(parts[:1], MessageId(5)))
        do(store, lambda work: work.inbox.published(parts[1:2], MessageId(6)))

        before = NOON + 60 * _MINUTE
        assert do(store, lambda work: work.inbox.prune(before=before, limit=10)) == 1

        left = _open_groups(store)
        assert [one.reference for one in left] == [8, 9]

    def test_of_a_part_and_of_who_gives_it_up_one_sees_the_other(
        self, store: Store, other: Store
    ) -> None:
        for reference in range(20):
            first = _numbered(1, reference=reference)
            last = _numbered(3, reference=reference)
            do_each(store, [first], lambda work, part: work.inbox.add_part(part))
            group = _group(reference=reference)

            given_up, found = at_once(
                partial(do, store, partial(_give_up, group=group)),
                partial(do, other, partial(_arrive, part=last)),
            )

            assert len(found) == 2
            assert len(given_up) == 2 or found[0].published_as == 5


def _give_up(work: UnitOfWork, *, group: OpenGroup) -> list[InboundPart]:
    found = list(work.inbox.parts_of(group, limit=10))
    work.inbox.published(found, MessageId(5))
    return found


def _arrive(work: UnitOfWork, *, part: InboundPart) -> list[InboundPart]:
    work.inbox.add_part(part)
    return list(work.inbox.siblings(part, limit=10))
