"""
What a store must tell of messages that were made of others: so that nothing goes round for ever.
"""

from datetime import timedelta

from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import MessageId, OutboundMessage
from smscore.domain.numbers import PhoneNumber
from smscore.ids import first_of
from smscore.ports.storage import Store, Tracked, UnitOfWork
from smscore.testing._store_kit import StoreKit, add, do
from smscore.testing.builders import a_delivery, a_message
from smscore.testing.fakes import NOON

__all__ = ["CausedContract"]


class CausedContract(StoreKit):
    """Messages with an origin."""

    def test_what_was_made_of_others_is_found_newest_first(self, store: Store) -> None:
        at = [NOON + timedelta(minutes=minute) for minute in range(4)]
        made = [a_message(id=first_of(one), origin=MessageId(7), hops=1) for one in at]
        for message in (*made, a_message(id=MessageId(first_of(at[3]) + 1))):
            add(store, Tracked(message=message, delivery=a_delivery(message)))

        def find(limit: int) -> list[OutboundMessage]:
            return [*store.read(lambda view: view.outbox.caused(since=at[1], limit=limit))]

        assert find(9) == made[:0:-1]
        assert find(2) == made[:1:-1]

    def test_what_was_made_of_a_senders_messages_is_counted_by_recipient(
        self, store: Store
    ) -> None:
        anna, ben = PhoneNumber("+491701111111"), PhoneNumber("+491702222222")
        senders = {1: "+491709999999", 2: "telegram:1001"}

        def arrive(work: UnitOfWork) -> None:
            for number, sender in senders.items():
                work.inbox.add(
                    InboundMessage(
                        id=MessageId(number),
                        account=None,
                        channel="fake",
                        sender=sender,
                        text="hi",
                        received_at=NOON,
                    )
                )

        do(store, arrive)
        for minute, origin, recipient in ((0, 1, anna), (1, 1, anna), (2, 2, anna), (3, 1, ben)):
            message = a_message(
                id=first_of(NOON + timedelta(minutes=minute)),
                origin=MessageId(origin),
                recipient=recipient,
            )
            add(store, Tracked(message=message, delivery=a_delivery(message)))

        def count(sender: str, recipient: PhoneNumber, minute: int) -> int:
            since = NOON + timedelta(minutes=minute)
            return do(
                store,
                lambda work: work.outbox.count_caused(
                    sender=sender, recipient=recipient, since=since
                ),
            )

        assert [count(senders[1], anna, minute) for minute in range(3)] == [2, 1, 0]
        assert count(senders[2], anna, 0) == 1
        assert count(senders[2], ben, 0) == 0
