from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.messages import Priority
from smscore.testing.fakes import NOON, RecordingJournal
from smscore_modem._traffic._circuit import Circuit
from smscore_modem._traffic._pace import Ceilings, Pace, Period, Tally

BERLIN = ZoneInfo("Europe/Berlin")
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # given one by the strategy
zones = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])


def a_pace(journal: RecordingJournal | None = None, **ceilings: float) -> Pace:
    pace = Pace(ceilings=Ceilings(**ceilings), zone=BERLIN, journal=journal or RecordingJournal())
    pace.look_at("8949")
    return pace


@given(moments, st.sampled_from(Period), zones)
def test_a_period_holds_its_moment_and_the_next_begins_where_it_ends(
    moment: datetime, period: Period, zone: str
) -> None:
    begin, end = (edge(moment, ZoneInfo(zone)) for edge in (period.begin, period.end))

    assert begin <= moment < end
    assert period.begin(end, ZoneInfo(zone)) == end
    assert period.begin(end - timedelta(microseconds=1), ZoneInfo(zone)) == begin


def test_a_day_begins_at_midnight_of_the_operator() -> None:
    assert Period.DAY.begin(NOON, BERLIN) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert Period.MONTH.end(NOON, BERLIN) == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_the_longest_ceiling_without_room_is_named() -> None:
    pace = a_pace(per_minute=1, per_day=1)
    assert pace.exhausted(priority=Priority.NORMAL, parts=1, now=NOON) is None
    pace.count(1, now=NOON)

    exhausted = pace.exhausted(priority=Priority.NORMAL, parts=1, now=NOON)
    assert exhausted is not None
    assert exhausted.period is Period.DAY
    assert pace.exhausted(priority=Priority.NORMAL, parts=1, now=NOON + timedelta(days=1)) is None


def test_what_is_larger_than_a_ceiling_goes_into_an_empty_period() -> None:
    pace = a_pace(per_minute=2)

    assert pace.exhausted(priority=Priority.NORMAL, parts=5, now=NOON) is None
    pace.count(1, now=NOON)
    assert pace.exhausted(priority=Priority.NORMAL, parts=5, now=NOON) is not None


@pytest.mark.parametrize("priority", [Priority.LOW, Priority.NORMAL])
def test_what_is_not_urgent_stops_at_the_reserve(priority: Priority) -> None:
    pace = a_pace(per_day=10, per_month=1000, reserve=0.2)
    pace.count(8, now=NOON)

    exhausted = pace.exhausted(parts=1, priority=priority, now=NOON)
    assert exhausted is not None
    assert str(exhausted) == (
        "of the SIM's 10 parts of this day, 2 are kept for urgent messages, and the others are "
        "sent; until 2026-03-01T23:00:00+00:00"
    )
    assert pace.exhausted(parts=2, priority=Priority.HIGH, now=NOON) is None
    assert pace.exhausted(parts=3, priority=Priority.HIGH, now=NOON) is not None


@given(most=st.integers(1, 10_000), hundredths=st.integers(0, 99))
def test_the_reserve_is_its_share_in_whole_parts_and_never_everything(
    most: int, hundredths: int
) -> None:
    kept = Ceilings(reserve=hundredths / 100).kept_from(Priority.NORMAL, most=most)

    assert kept == most * hundredths // 100 < most


def test_another_sim_has_an_allowance_of_its_own() -> None:
    pace = a_pace(per_day=1)
    pace.count(1, now=NOON)

    pace.look_at("8950")
    assert pace.exhausted(priority=Priority.NORMAL, parts=1, now=NOON) is None
    pace.look_at("8949")
    assert pace.exhausted(priority=Priority.NORMAL, parts=1, now=NOON) is not None


def test_without_ceilings_nothing_is_stored() -> None:
    journal = RecordingJournal()
    a_pace(journal).count(1, now=NOON)

    assert journal.values == {}


@given(st.lists(st.integers(1, 5)))
def test_what_was_stored_is_loaded_again(counts: list[int]) -> None:
    tally = Tally()
    for count in counts:
        tally = tally.changed(count, now=NOON, zone=BERLIN)

    assert Tally.load(tally.dump()) == tally
    assert tally.used(Period.DAY, begin=Period.DAY.begin(NOON, BERLIN)) == sum(counts)


@pytest.mark.parametrize("data", [None, b"", b"\xff", b"[]", b'{"day": 1}', b'{"x": ["y", 1]}'])
def test_what_cannot_be_loaded_is_nothing(data: bytes | None) -> None:
    assert Tally.load(data) == Tally()


# The circuit.


def test_it_opens_at_the_third_recipient_in_a_row_and_closes_by_success() -> None:
    circuit = Circuit()
    for recipient in ("1", "1", "2", "3"):
        assert circuit.closed_from(NOON) is None
        circuit.refused(recipient, now=NOON)

    assert circuit.closed_from(NOON) == NOON + timedelta(minutes=30)
    circuit.accepted()
    assert circuit.closed_from(NOON) is None


def test_after_its_rest_one_more_refusal_opens_it_again() -> None:
    circuit = Circuit()
    for recipient in ("1", "2", "3"):
        circuit.refused(recipient, now=NOON)
    later = NOON + timedelta(minutes=31)
    assert circuit.closed_from(later) is None

    assert circuit.refused("4", now=later)
    assert circuit.closed_from(later) == later + timedelta(minutes=30)


def test_a_success_between_ends_the_run() -> None:
    circuit = Circuit()
    for recipient in ("1", "2"):
        circuit.refused(recipient, now=NOON)
    circuit.accepted()

    assert not circuit.refused("3", now=NOON)
