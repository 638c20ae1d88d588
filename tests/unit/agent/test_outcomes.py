from datetime import timedelta

import pytest

from smscore.domain.deliveries import Delivery, Status
from smscore.testing import NOON
from smscore.testing.builders import a_delivery
from smscore_agent._outcomes import is_waiting, may_be_sent_anew, outcome_of

PATIENCE = timedelta(seconds=120)


def sent(*references: str | None) -> Delivery:
    delivery = a_delivery(segments=len(references)).claimed(owner=None)
    return delivery.sent(at=NOON, references=references)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (Status.SCHEDULED, None),
        (Status.QUEUED, None),
        (Status.SENDING, None),
        (Status.INDETERMINATE, None),
        (Status.DELIVERED, 2),
        (Status.FAILED, 3),
        (Status.EXPIRED, 3),
        (Status.CANCELLED, 3),
    ],
)
def test_a_status_is_told_as_a_phone_would(status: Status, outcome: int | None):
    assert outcome_of(a_delivery(status=status), now=NOON, patience=PATIENCE) == outcome


def test_what_was_sent_waits_for_its_delivery_report():
    late = NOON + PATIENCE - timedelta(seconds=1)

    assert outcome_of(sent("1", "2"), now=late, patience=PATIENCE) is None


def test_what_was_sent_counts_as_delivered_when_no_report_came():
    assert outcome_of(sent("1", "2"), now=NOON + PATIENCE, patience=PATIENCE) == 2


def test_what_was_sent_counts_as_delivered_at_once_where_no_report_can_come():
    assert outcome_of(sent(None, None), now=NOON, patience=PATIENCE) == 2


@pytest.mark.parametrize("status", Status)
def test_what_has_not_left_takes_room(status: Status):
    waits = {Status.SCHEDULED, Status.QUEUED, Status.SENDING}

    assert is_waiting(a_delivery(status=status)) is (status in waits)


def test_only_what_ended_without_a_part_may_be_sent_anew():
    refused = a_delivery().failed(at=NOON, code="x", error="x")
    undeliverable = sent("1").failed(at=NOON, code="x", error="x")

    assert may_be_sent_anew(refused)
    assert not may_be_sent_anew(undeliverable)
    assert not may_be_sent_anew(a_delivery())
