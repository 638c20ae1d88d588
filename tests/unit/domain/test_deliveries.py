from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.deliveries import (
    MOVES,
    Delivery,
    Leg,
    Part,
    PartState,
    ProcessId,
    ReportOutcome,
    Status,
)
from smscore.domain.messages import Medium
from smscore.errors import IllegalMove
from smscore.testing import NOON, a_delivery, a_report

ME = ProcessId(1)


def sending(parts: int = 1, **changes: object) -> Delivery:
    return a_delivery(segments=parts, **changes).claimed(owner=ME)


def sent(parts: int = 1) -> Delivery:
    references = tuple(str(number) for number in range(1, parts + 1))
    return sending(parts).sent(at=NOON, references=references)


def a_mark(state: PartState = PartState.SUBMITTING, number: int = 1) -> Part:
    return Part(number=number, channel="fake", state=state, at=NOON)


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(Status)


def test_nothing_moves_back_into_a_status_before_it_unless_it_is_sent_again() -> None:
    begun = {Status.SENT, Status.INDETERMINATE} | {one for one in Status if one.is_final}
    backwards = {
        status: MOVES[status] & {Status.SCHEDULED, Status.QUEUED, Status.SENDING}
        for status in begun
    }

    assert {status for status, moves in backwards.items() if moves} == {
        Status.INDETERMINATE,
        Status.FAILED,
    }
    assert set().union(*backwards.values()) == {Status.QUEUED}


def test_a_move_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(IllegalMove, match="delivered and cannot become cancelled"):
        sending().delivered(at=NOON).cancelled(at=NOON)


def test_a_claim_has_an_owner_and_counts_as_a_try() -> None:
    claimed = a_delivery().claimed(owner=ME)

    assert (claimed.status, claimed.owner, claimed.attempts) == (Status.SENDING, ME, 1)


def test_a_released_claim_leaves_no_trace() -> None:
    before = a_delivery()

    assert before.claimed(owner=ME).released() == before


def test_a_refused_message_falls_back_to_the_next_channel() -> None:
    route = (Leg(channel="first", price=1), Leg(channel="second", price=2))

    refused = sending(route=route).refused(at=NOON, code="x", error="no")

    assert (refused.status, refused.channel, refused.attempts) == (Status.QUEUED, "second", 0)


def test_a_message_refused_by_its_last_channel_failed() -> None:
    refused = sending().refused(at=NOON, code="x", error="no")

    assert (refused.status, refused.error_code, refused.finished_at) == (Status.FAILED, "x", NOON)


def test_a_message_of_which_the_network_has_a_part_never_goes_to_another_channel() -> None:
    route = (Leg(channel="first", price=1), Leg(channel="second", price=2))
    begun = sending(2, route=route).with_part(a_mark(PartState.ACCEPTED))

    assert begun.refused(at=NOON, code="x", error="no").status is Status.FAILED


def test_it_is_delivered_when_the_last_part_has_reported() -> None:
    first = sent(2).reported(a_report(reference="1"))
    both = first.reported(a_report(reference="2"))

    assert (first.status, both.status) == (Status.SENT, Status.DELIVERED)


def test_it_failed_when_any_part_definitively_failed() -> None:
    failed = sent(2).reported(a_report(reference="2", outcome=ReportOutcome.FAILED))

    assert (failed.status, failed.error_code) == (Status.FAILED, "undeliverable")


def test_a_report_that_the_network_is_still_trying_changes_nothing() -> None:
    before = sent()

    assert before.reported(a_report(outcome=ReportOutcome.PENDING)) == before


def test_a_report_before_the_receipt_counts_once_the_receipt_is_there() -> None:
    part = Part(number=1, channel="fake", state=PartState.ACCEPTED, reference="1", at=NOON)
    early = sending().with_part(part).reported(a_report())

    assert early.status is Status.SENDING
    assert early.sent(at=NOON, references=("1",)).settled(at=NOON).status is Status.DELIVERED


def test_positive_evidence_is_the_way_out_of_failed_and_expired() -> None:
    taken = Part(number=1, channel="fake", state=PartState.ACCEPTED, reference="1", at=NOON)
    expired = a_delivery(parts=(taken,)).expired(at=NOON)

    assert expired.reported(a_report()).status is Status.DELIVERED


def test_a_report_never_undoes_delivered() -> None:
    delivered = sent().reported(a_report())

    assert delivered.reported(a_report(outcome=ReportOutcome.FAILED)) is delivered


def test_evidence_ends_indeterminate() -> None:
    doubtful = sending().with_part(a_mark()).in_doubt(at=NOON, error="silence")
    late = Part(number=1, channel="fake", state=PartState.ACCEPTED, reference="1", at=NOON)
    resolved = doubtful.with_part(late).reported(a_report())

    assert resolved.status is Status.DELIVERED


@given(
    parts=st.integers(1, 4),
    reports=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(list(ReportOutcome))), max_size=12
    ),
)
def test_a_status_folded_over_any_reports_follows_the_table(
    parts: int, reports: list[tuple[int, ReportOutcome]]
) -> None:
    delivery = sent(parts)
    for number, outcome in reports:
        before = delivery
        delivery = delivery.reported(a_report(reference=str(number), outcome=outcome))
        assert delivery.status is before.status or delivery.status in MOVES[before.status]

    good = {number for number, outcome in reports if outcome is ReportOutcome.DELIVERED}
    if good >= set(range(1, parts + 1)) and not any(
        outcome is ReportOutcome.FAILED for _, outcome in reports
    ):
        assert delivery.status is Status.DELIVERED
    if not good and any(
        outcome is ReportOutcome.FAILED and number <= parts for number, outcome in reports
    ):
        assert delivery.status is Status.FAILED


@given(parts=st.integers(1, 4), data=st.data())
def test_the_order_and_repetition_of_positive_reports_do_not_matter(
    parts: int, data: st.DataObject
) -> None:
    numbers = list(range(1, parts + 1))
    order = data.draw(st.permutations(numbers))
    again = data.draw(st.lists(st.sampled_from(numbers)))

    delivery = sent(parts)
    for number in [*order, *again]:
        delivery = delivery.reported(a_report(reference=str(number)))

    assert delivery.status is Status.DELIVERED


def test_a_dead_process_leaves_what_it_had_not_begun_to_be_claimed_again() -> None:
    assert sending().recovered(at=NOON).status is Status.QUEUED


def test_an_answer_that_came_before_its_absence_was_noted_leaves_no_doubt() -> None:
    legs = (
        Leg(channel="fake", price=0, medium=Medium.TELEGRAM, parts=1),
        Leg(channel="m", price=1),
    )
    answered = sending(route=legs).with_part(a_mark(PartState.ACCEPTED))

    after = answered.in_doubt(at=NOON, error="silence")

    assert after.status is Status.SENT
    assert after.channel == "fake"


def test_a_dead_process_leaves_a_part_that_was_on_its_way_in_doubt() -> None:
    assert sending().with_part(a_mark()).recovered(at=NOON).status is Status.INDETERMINATE


def test_a_long_message_goes_on_at_its_first_unsent_part() -> None:
    recovered = sending(3).with_part(a_mark(PartState.ACCEPTED)).recovered(at=NOON)

    assert (recovered.status, recovered.accepted_parts) == (Status.QUEUED, (1,))


def test_a_message_whose_parts_were_all_accepted_was_sent() -> None:
    assert sending().with_part(a_mark(PartState.ACCEPTED)).recovered(at=NOON).status is Status.SENT


def test_what_is_known_of_a_part_does_not_move_backwards() -> None:
    accepted = sending().with_part(a_mark(PartState.ACCEPTED))

    assert accepted.with_part(a_mark(PartState.SUBMITTING)) == accepted


def test_all_is_given_back_when_no_carrier_had_any_part() -> None:
    assert sending(charged=3).failed(at=NOON, code="x", error="no").refundable == 3


def test_nothing_is_given_back_when_a_carrier_had_a_part() -> None:
    route = (Leg(channel="fake", price=2),)
    begun = sending(2, charged=2, route=route).with_part(a_mark(PartState.ACCEPTED))

    assert begun.failed(at=NOON, code="x", error="no").refundable == 0


@pytest.mark.parametrize("end", ["failed", "in_doubt"])
def test_the_difference_to_the_dearest_leg_comes_back_however_it_ends(end: str) -> None:
    route = (Leg(channel="fake", price=2), Leg(channel="dear", price=10))
    begun = sending(2, charged=10, route=route).with_part(a_mark(PartState.ACCEPTED))

    ended = (
        begun.failed(at=NOON, code="x", error="no")
        if end == "failed"
        else begun.in_doubt(at=NOON, error="silence")
    )

    assert ended.refundable == 8


def test_one_report_moves_one_part_though_two_have_its_reference() -> None:
    parts = tuple(
        Part(
            number=number,
            channel="fake",
            state=PartState.ACCEPTED,
            reference="1",
            at=NOON + timedelta(minutes=number),
        )
        for number in (1, 2)
    )
    both = a_delivery(status=Status.SENT, segments=2, parts=parts)
    second = a_report(submitted_at=NOON + timedelta(minutes=2))

    once = both.reported(second)

    assert [part.state for part in once.parts] == [PartState.ACCEPTED, PartState.DELIVERED]
    assert once.reported(second).status is Status.SENT
    assert once.reported(a_report(submitted_at=parts[0].at)).status is Status.DELIVERED


def test_the_difference_to_the_dearest_leg_is_given_back_when_sent() -> None:
    cheap = sending(route=(Leg(channel="fake", price=1),), charged=3)

    assert cheap.sent(at=NOON, references=("1",)).refundable == 2


def test_a_postponed_message_waits_for_its_time() -> None:
    later = NOON + timedelta(seconds=5)
    postponed = sending().postponed(until=later, error="busy")

    assert (postponed.status, postponed.due_at) == (Status.SCHEDULED, later)
    assert postponed.promoted(at=NOON).due_at is None
