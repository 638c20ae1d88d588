"""
Which reports stand in for an answer that got lost.
"""

from datetime import timedelta

import pytest

from smscore.domain.numbers import PhoneNumber
from smscore.testing.fakes import NOON, ManualClock
from smscore_modem._line._events import Notification
from smscore_modem._pdu import StatusReport, encode_status_report
from smscore_modem._traffic._witness import Witness

ANNA, BERT = PhoneNumber("+491701234567"), PhoneNumber("+491701234568")


def said(reference: int = 7, *, after: float = 1.0, **changes: object) -> Notification:
    """A report on a message to Anna that its centre took so many seconds after noon."""
    taken_at = NOON + timedelta(seconds=after)
    report = StatusReport(
        **{
            "reference": reference,
            "recipient": ANNA.value,
            "status": 0,
            "sent_at": taken_at,
            "finished_at": taken_at,
            **changes,
        }
    )
    return Notification(name="+CDS", text="25", pdu=encode_status_report(report).hex())


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def witness(clock: ManualClock) -> Witness:
    return Witness(clock)


def told(witness: Witness, notification: Notification) -> int | None:
    return witness.reference(notification, recipient=ANNA, since=NOON)


@pytest.mark.parametrize("status", [0x00, 0x20, 0x46])
def test_a_report_on_what_was_just_handed_over_tells_its_reference(
    witness: Witness, status: int
) -> None:
    assert told(witness, said(7, status=status)) == 7


@pytest.mark.parametrize("after", [-3600.0, -1.0, 601.0, 3600.0])
def test_what_the_network_took_at_another_time_is_something_else(
    witness: Witness, after: float
) -> None:
    assert told(witness, said(after=after)) is None


def test_a_time_stamp_knows_no_fractions_of_a_second(witness: Witness) -> None:
    since = NOON + timedelta(milliseconds=999)

    assert witness.reference(said(after=0.0), recipient=ANNA, since=since) == 7


def test_a_report_on_another_recipient_is_about_something_else(witness: Witness) -> None:
    assert told(witness, said(recipient=BERT.value)) is None


@pytest.mark.parametrize("spelling", ["01701234567", "234567", "anna"])
def test_a_number_that_may_be_another_one_proves_nothing(witness: Witness, spelling: str) -> None:
    assert told(witness, said(recipient=spelling)) is None


def test_a_report_on_a_command_is_about_no_message(witness: Witness) -> None:
    assert told(witness, said(answers_command=True)) is None


@pytest.mark.parametrize("reference", [7, None])
def test_a_report_that_another_part_may_await_is_left_to_it(
    witness: Witness, reference: int | None
) -> None:
    witness.left(ANNA, reference)

    assert told(witness, said(7)) is None


def test_what_went_to_others_or_has_another_reference_is_in_nobodys_way(witness: Witness) -> None:
    witness.left(BERT, 7)
    witness.left(BERT, None)
    witness.left(ANNA, 6)

    assert told(witness, said(7)) == 7


def test_what_left_long_ago_is_known_by_its_time(witness: Witness, clock: ManualClock) -> None:
    witness.left(ANNA, None)
    clock.move(hours=16)

    late = said(7, after=16 * 3600.0)
    assert witness.reference(late, recipient=ANNA, since=clock.now()) == 7


@pytest.mark.parametrize("pdu", [None, "", "00", "0791"])
def test_what_cannot_be_read_proves_nothing(witness: Witness, pdu: str | None) -> None:
    assert told(witness, Notification(name="+CDS", text="25", pdu=pdu)) is None
