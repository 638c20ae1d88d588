from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from smscore.domain.deliveries import (
    MOVES,
    Delivery,
    DeliveryReport,
    Leg,
    Part,
    PartState,
    ProcessId,
    ReportOutcome,
    Status,
    choose,
)
from smscore.testing import NOON, a_delivery, a_report

GOOD, BAD, PENDING = ReportOutcome.DELIVERED, ReportOutcome.FAILED, ReportOutcome.PENDING
MOST = 4
PARTS = st.integers(1, MOST)
WORDS = st.tuples(st.integers(1, MOST), st.sampled_from(list(ReportOutcome)))


def sent(parts: int = 1) -> Delivery:
    references = tuple(str(number) for number in range(1, parts + 1))
    return (
        a_delivery(segments=parts).claimed(owner=ProcessId(1)).sent(at=NOON, references=references)
    )


def accepted(number: int, *, minutes: int = 0) -> Part:
    return Part(
        number=number,
        channel="fake",
        state=PartState.ACCEPTED,
        reference=str(number),
        at=NOON + timedelta(minutes=minutes),
    )


def fold(delivery: Delivery, words: list[tuple[int, ReportOutcome]]) -> Delivery:
    for number, outcome in words:
        delivery = delivery.reported(a_report(reference=str(number), outcome=outcome))
    return delivery


@st.composite
def in_agreement(draw: st.DrawFn) -> list[tuple[int, ReportOutcome]]:
    """Reports in any order, some again and again, that say one thing of each part."""
    said = draw(st.dictionaries(st.integers(1, MOST), st.sampled_from([GOOD, BAD]), min_size=1))
    words = [*said.items(), *[(number, PENDING) for number in said]]
    return draw(st.lists(st.sampled_from(words), max_size=12))


def expected(parts: int, words: list[tuple[int, ReportOutcome]]) -> Status:
    """What a set of reports amounts to."""
    if any(outcome is BAD and number <= parts for number, outcome in words):
        return Status.FAILED
    good = {number for number, outcome in words if outcome is GOOD}
    return Status.DELIVERED if good >= {*range(1, parts + 1)} else Status.SENT


@given(parts=PARTS, words=in_agreement(), data=st.data())
def test_the_status_is_that_of_the_set_of_reports_whatever_their_order(
    parts: int, words: list[tuple[int, ReportOutcome]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(words))

    assert fold(sent(parts), words).status is expected(parts, words)
    assert fold(sent(parts), shuffled).status is expected(parts, words)


@given(parts=PARTS, words=in_agreement(), data=st.data())
def test_a_report_that_comes_again_changes_nothing(
    parts: int, words: list[tuple[int, ReportOutcome]], data: st.DataObject
) -> None:
    once = fold(sent(parts), words)
    again = data.draw(st.lists(st.sampled_from(words))) if words else []

    assert fold(once, again) == once


@given(parts=PARTS, words=st.lists(WORDS, max_size=12))
def test_no_report_moves_a_part_or_a_message_backwards(
    parts: int, words: list[tuple[int, ReportOutcome]]
) -> None:
    delivery, rank = sent(parts), {PartState.ACCEPTED: 0, PartState.FAILED: 1}
    for word in words:
        after = fold(delivery, [word])
        assert after.status is delivery.status or after.status in MOVES[delivery.status]
        for old, new in zip(delivery.parts, after.parts, strict=True):
            assert rank.get(old.state, 2) <= rank.get(new.state, 2)
        delivery = after


@given(parts=PARTS, words=st.lists(WORDS, max_size=12), lost=st.sets(st.integers(0, 11)))
def test_what_the_lost_reports_said_is_not_made_up(
    parts: int, words: list[tuple[int, ReportOutcome]], lost: set[int]
) -> None:
    heard = [word for place, word in enumerate(words) if place not in lost]

    after = fold(sent(parts), heard).status

    if after is Status.DELIVERED:
        assert {number for number, outcome in heard if outcome is GOOD} >= {*range(1, parts + 1)}
    if after is Status.FAILED:
        assert any(outcome is BAD and number <= parts for number, outcome in heard)


@given(parts=PARTS, words=in_agreement(), split=st.integers(0, 12))
def test_reports_before_the_receipt_count_as_much_as_reports_after_it(
    parts: int, words: list[tuple[int, ReportOutcome]], split: int
) -> None:
    sending = a_delivery(segments=parts).claimed(owner=ProcessId(1))
    for number in range(1, parts + 1):
        sending = sending.with_part(accepted(number))
    early = fold(sending, words[:split])
    assert early.status is Status.SENDING

    settled = fold(early.sent(at=NOON).settled(at=NOON), words[split:])

    assert settled.status is expected(parts, words)


def test_every_part_delivered_outweighs_a_failure_that_was_said_of_one_before() -> None:
    words = [(1, GOOD), (2, BAD), (2, GOOD)]

    assert fold(sent(2), words).status is Status.DELIVERED


def test_a_failure_after_success_of_the_same_part_is_not_believed() -> None:
    assert fold(sent(2), [(2, GOOD), (2, BAD)]).status is Status.SENT


def test_a_message_that_failed_by_its_second_part_stays_failed_when_its_first_arrives() -> None:
    assert fold(sent(2), [(2, BAD), (1, GOOD)]).status is Status.FAILED


def test_a_report_of_another_messages_reference_changes_nothing() -> None:
    before = sent(2)

    assert fold(before, [(3, GOOD), (4, BAD)]) == before


def test_a_report_does_not_end_what_is_partly_sent() -> None:
    begun = a_delivery(segments=2).claimed(owner=ProcessId(1)).with_part(accepted(1))
    waits = begun.postponed(until=NOON, error="busy")

    assert [fold(waits, [(1, outcome)]).status for outcome in (GOOD, BAD)] == [
        Status.SCHEDULED,
        Status.SCHEDULED,
    ]


def test_a_failure_that_was_heard_between_two_tries_ends_the_message_once_it_is_sent() -> None:
    begun = a_delivery(segments=2).claimed(owner=ProcessId(1)).with_part(accepted(1))
    waits = fold(begun.postponed(until=NOON, error="busy"), [(1, BAD)])

    sent = waits.promoted(at=NOON).claimed(owner=ProcessId(1)).sent(at=NOON, references=("1", "2"))

    assert sent.settled(at=NOON).status is Status.FAILED


@pytest.mark.parametrize("outcome", [GOOD, BAD])
def test_a_report_says_of_a_doubtful_message_what_became_of_it(outcome: ReportOutcome) -> None:
    doubtful = (
        a_delivery()
        .claimed(owner=ProcessId(1))
        .with_part(attrs.evolve(accepted(1), state=PartState.SUBMITTING, reference=None))
        .in_doubt(at=NOON, error="silence")
        .with_part(accepted(1))
    )

    assert fold(doubtful, [(1, outcome)]).status.value == outcome.value


def test_a_report_of_one_part_leaves_a_message_in_doubt_whose_other_part_is() -> None:
    begun = a_delivery(segments=2).claimed(owner=ProcessId(1)).with_part(accepted(1))
    doubt = Part(number=2, channel="fake", state=PartState.SUBMITTING, at=NOON)
    doubtful = begun.with_part(doubt).in_doubt(at=NOON, error="silence")

    assert fold(doubtful, [(1, GOOD)]).status is Status.INDETERMINATE


@pytest.mark.parametrize("words", [[(1, BAD)], [(1, BAD), (1, GOOD)]])
def test_a_message_that_was_cancelled_stays_cancelled(
    words: list[tuple[int, ReportOutcome]],
) -> None:
    begun = a_delivery(segments=2).claimed(owner=ProcessId(1)).with_part(accepted(1))
    cancelled = begun.postponed(until=NOON, error="busy").cancelled(at=NOON)

    assert fold(cancelled, words).status is Status.CANCELLED


def test_the_moment_at_which_a_part_was_taken_stays_when_it_is_reported() -> None:
    late = a_report(received_at=NOON + timedelta(days=3))

    assert sent(2).reported(late).parts[0].at == NOON


# References that wrap: the same channel, reference and recipient, several messages.


def taken(*, minutes: float, begun: bool = False) -> Delivery:
    """A message that was accepted long ago and whose part the network took then."""
    at = NOON + timedelta(minutes=minutes)
    old = a_delivery(segments=2 if begun else 1, accepted_at=NOON - timedelta(days=1))
    part = attrs.evolve(accepted(1), at=at)
    sending = old.claimed(owner=ProcessId(1)).with_part(part)
    return sending if begun else sending.sent(at=at)


def newest_first(deliveries: list[Delivery]) -> list[Delivery]:
    return sorted(deliveries, key=lambda one: one.parts[0].at, reverse=True)


def a_late_report(submitted: float | None) -> DeliveryReport:
    at = None if submitted is None else NOON + timedelta(minutes=submitted)
    return a_report(submitted_at=at, received_at=NOON + timedelta(days=5))


def test_nobody_is_chosen_where_nobody_waits() -> None:
    assert choose([], a_late_report(0)) is None


@given(
    times=st.lists(st.integers(0, 10_000), min_size=1, max_size=6, unique=True),
    begun=st.booleans(),
    data=st.data(),
)
def test_the_message_is_meant_that_was_taken_when_the_network_says(
    times: list[int], data: st.DataObject, *, begun: bool
) -> None:
    meant = data.draw(st.sampled_from(times))
    candidates = newest_first([taken(minutes=time, begun=begun) for time in times])

    chosen = choose(candidates, a_late_report(meant + 0.1))

    assert chosen is not None
    assert chosen.parts[0].at == NOON + timedelta(minutes=meant)


@given(times=st.lists(st.integers(0, 10_000), min_size=1, max_size=6, unique=True))
def test_without_the_networks_time_the_message_is_meant_that_was_taken_last(
    times: list[int],
) -> None:
    candidates = newest_first([taken(minutes=time) for time in times])

    assert choose(candidates, a_late_report(None)) is candidates[0]


def test_a_message_that_waited_long_is_known_by_when_it_was_taken_and_not_accepted() -> None:
    being_sent, sent_before = taken(minutes=600, begun=True), taken(minutes=0)

    assert choose([being_sent, sent_before], a_late_report(600)) is being_sent


def test_a_report_that_comes_again_goes_to_the_same_message_again() -> None:
    first, second = taken(minutes=0), taken(minutes=60)
    report = a_late_report(0)
    delivered = first.reported(report)

    assert choose([second, delivered], report) is delivered


def test_a_network_whose_clock_is_hours_wrong_is_not_believed() -> None:
    first, second = taken(minutes=0), taken(minutes=60)

    assert choose([second, first], a_late_report(-12 * 60)) is second


def test_the_price_of_a_message_does_not_change_by_reports() -> None:
    paid = replace(sent(), charged=1, route=(Leg(channel="fake", price=1),))

    assert [fold(paid, [(1, outcome)]).refundable for outcome in ReportOutcome] == [0, 0, 0]


def test_a_report_for_quite_another_time_is_meant_for_nobody_here() -> None:
    """It is faster than the reference of its own message."""
    taken = Part(number=1, channel="fake", state=PartState.ACCEPTED, reference="1", at=NOON)
    old = a_delivery(status=Status.SENT, parts=(taken,), sent_at=NOON)

    assert choose([old], a_report(submitted_at=NOON + timedelta(days=2))) is None
    assert choose([old], a_report(submitted_at=NOON + timedelta(hours=14))) is old


def test_of_two_in_the_same_seconds_the_one_without_word_is_meant() -> None:
    def at(milliseconds: int, state: PartState) -> Delivery:
        moment = NOON + timedelta(milliseconds=milliseconds)
        part = Part(number=1, channel="fake", state=state, reference="1", at=moment)
        return a_delivery(status=Status.SENT, parts=(part,), sent_at=moment)

    told, silent = at(100, PartState.DELIVERED), at(900, PartState.ACCEPTED)

    assert choose([told, silent], a_report(submitted_at=NOON)) is silent
