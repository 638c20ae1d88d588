"""
The store contract: delivery reports find what awaits them, early or late.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore.domain.deliveries import (
    Delivery,
    Part,
    PartState,
    ProcessId,
    ReportOutcome,
    Status,
)
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress, Recipient
from smscore.ports.storage import Store, Tracked, UnitOfWork
from smscore.testing._store_kit import add, do, do_each, queue
from smscore.testing.builders import RECIPIENT, a_delivery, a_message, a_report
from smscore.testing.fakes import NOON

__all__ = ["ReportsContract"]

_LATER = NOON + timedelta(minutes=1)
_ADDRESS = EmailAddress("anna@reader.example")


def _sent(reference: str, *, at_minute: int = 0) -> Tracked:
    """A message that the network took under a reference."""
    return _sent_to(RECIPIENT, reference, at_minute=at_minute)


def _sent_to(recipient: Recipient, reference: str, *, at_minute: int) -> Tracked:
    at = NOON + timedelta(minutes=at_minute)
    part = Part(number=1, channel="fake", state=PartState.ACCEPTED, at=at, reference=reference)
    message = a_message(recipient=recipient)
    return Tracked(
        message=message,
        delivery=a_delivery(message, status=Status.SENT, sent_at=at, parts=(part,)),
    )


class ReportsContract:
    """By channel, reference and recipient; the newest first; parked when they are early."""

    def test_a_report_finds_the_delivery_that_awaits_it(self, store: Store) -> None:
        tracked = _sent("17")
        add(store, tracked, _sent("18"))

        found = do(store, lambda work: work.outbox.awaiting(a_report(reference="17")))

        assert list(found) == [tracked.delivery]

    @pytest.mark.parametrize(
        "changes",
        [{"reference": "18"}, {"channel": "b"}, {"recipient": PhoneNumber("+491709999999")}],
    )
    def test_channel_reference_and_recipient_must_fit(
        self, store: Store, changes: dict[str, object]
    ) -> None:
        add(store, _sent("17"))

        report = a_report(**{"reference": "17", **changes})

        assert list(do(store, lambda work: work.outbox.awaiting(report))) == []

    def test_a_report_may_spell_the_recipient_nationally(self, store: Store) -> None:
        tracked = _sent("17")
        add(store, tracked)

        report = a_report(reference="17", recipient=PhoneNumber("01701234567"))

        assert list(do(store, lambda work: work.outbox.awaiting(report))) == [tracked.delivery]

    def test_a_report_about_an_address_finds_what_went_there(self, store: Store) -> None:
        tracked = _sent_to(_ADDRESS, "17", at_minute=0)
        add(store, tracked, _sent("17"))

        report = a_report(reference="17", recipient=_ADDRESS)

        assert list(do(store, lambda work: work.outbox.awaiting(report))) == [tracked.delivery]

    def test_the_newest_of_several_awaiting_wins(self, store: Store) -> None:
        add(store, *(_sent("17", at_minute=minute) for minute in (0, 1)))
        newest = _sent("17", at_minute=2)
        add(store, newest)

        found = do(store, lambda work: work.outbox.awaiting(a_report(reference="17")))

        assert found[0] == newest.delivery

    def test_newest_is_what_was_sent_last_and_not_what_was_accepted_last(
        self, store: Store
    ) -> None:
        sent_last = _sent("17", at_minute=5)
        add(store, sent_last, _sent("17", at_minute=1))

        found = do(store, lambda work: work.outbox.awaiting(a_report(reference="17")))

        assert found[0] == sent_last.delivery

    def test_a_reference_used_again_for_another_recipient_misleads_nobody(
        self, store: Store
    ) -> None:
        mine = _sent("17")
        add(store, mine)
        stranger = PhoneNumber("+491709999999")
        # More than a look-up would fetch at once.
        add(store, *(_sent_to(stranger, "17", at_minute=minute) for minute in range(1, 50)))

        found = do(store, lambda work: work.outbox.awaiting(a_report(reference="17")))

        assert list(found) == [mine.delivery]

    def test_a_reference_learnt_by_saving_is_awaited(self, store: Store) -> None:
        delivery = queue(store).claimed(owner=ProcessId(1))

        def accept(work: UnitOfWork) -> tuple[Delivery, Sequence[Delivery]]:
            sent = delivery.sent(at=NOON, references=("99",))
            work.outbox.save(sent)
            return sent, work.outbox.awaiting(a_report(reference="99"))

        sent, found = do(store, accept)

        assert list(found) == [sent]

    def test_a_parked_report_is_taken_back_once(self, store: Store) -> None:
        reports = [a_report(reference="5"), a_report(reference="5", detail="0x46")]
        do_each(
            store,
            (*reports, a_report(reference="6"), a_report(reference="5", channel="b")),
            lambda work, report: work.outbox.park(report),
        )

        taken, again = (
            do(store, lambda work: work.outbox.unpark(channel="fake", reference="5"))
            for _ in range(2)
        )

        assert (list(taken), list(again)) == (reports, [])

    @pytest.mark.parametrize("recipient", [PhoneNumber("01701234567"), _ADDRESS])
    def test_a_parked_report_keeps_all_that_it_says(
        self, store: Store, recipient: Recipient
    ) -> None:
        report = a_report(
            recipient=recipient,
            outcome=ReportOutcome.FAILED,
            received_at=NOON + timedelta(microseconds=1),
            detail="0x46",
            submitted_at=NOON - timedelta(days=2),
        )
        do(store, lambda work: work.outbox.park(report))

        (taken,) = do(store, lambda work: work.outbox.unpark(channel="fake", reference="1"))

        assert taken == report

    def test_what_was_sent_again_no_longer_awaits_reports_of_the_first_time(
        self, store: Store
    ) -> None:
        first = _sent("17")
        add(store, first)
        again = replace(first.delivery, status=Status.QUEUED, parts=(), sent_at=None)

        do(store, lambda work: work.outbox.save(again))

        assert list(do(store, lambda work: work.outbox.awaiting(a_report(reference="17")))) == []

    def test_old_parked_reports_are_forgotten(self, store: Store) -> None:
        do_each(
            store,
            (a_report(), a_report(received_at=_LATER)),
            lambda work, report: work.outbox.park(report),
        )

        forgotten = do(store, lambda work: work.outbox.forget_parked(before=_LATER))

        assert forgotten == 1
        assert len(do(store, lambda work: work.outbox.unpark(channel="fake", reference="1"))) == 1
