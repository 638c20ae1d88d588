"""
Who is dead, seen from outside.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.deliveries import ProcessId
from smscore.domain.liveness import LOST, SILENCE, Glimpse, Watch

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OTHER = ProcessId(7)


def glimpse(beat: int = 0, *, is_connected: bool = True, has_ended: bool = False) -> Glimpse:
    return Glimpse(
        process=OTHER,
        heartbeat_at=NOON + timedelta(seconds=beat),
        is_connected=is_connected,
        has_ended=has_ended,
    )


def dies_after(one: Glimpse, *, step: float = 1.0, most: int = 100) -> float | None:
    """Seconds of looking after which a process of which nothing is new is dead."""
    watch = Watch()
    for count in range(most):
        if watch.look([one], at=count * step):
            return count * step
    return None


def test_a_silent_process_is_dead_after_its_time() -> None:
    assert dies_after(glimpse()) == SILENCE


def test_one_that_is_not_connected_either_is_dead_sooner() -> None:
    assert dies_after(glimpse(is_connected=False)) == LOST


def test_one_whose_machine_says_that_it_ended_is_dead_at_once() -> None:
    assert dies_after(glimpse(is_connected=False, has_ended=True)) == 0


def test_one_that_is_connected_has_not_ended_whatever_is_said() -> None:
    assert dies_after(glimpse(has_ended=True)) == SILENCE


def test_time_in_which_nobody_looked_does_not_count() -> None:
    watch = Watch()
    watch.look([glimpse()], at=0)
    assert not watch.look([glimpse()], at=3_600)
    assert not watch.look([glimpse()], at=3_601)


def test_a_process_that_comes_back_lives() -> None:
    watch = Watch()
    for second in range(int(SILENCE) + 1):
        dead = watch.look([glimpse()], at=second)
    assert dead == {OTHER}
    assert not watch.look([glimpse(beat=40)], at=SILENCE + 1)


@given(
    st.lists(
        st.tuples(
            st.floats(min_value=0, max_value=100),  # seconds since the last look
            st.booleans(),  # a new heartbeat
            st.booleans(),  # connected
        ),
        max_size=60,
    )
)
def test_nobody_dies_whose_heart_was_seen_to_beat_within_ten_seconds(
    looks: list[tuple[float, bool, bool]],
) -> None:
    watch, at, beat, beaten_at = Watch(), 0.0, 0, 0.0
    for passed, is_new, is_connected in looks:
        at += passed
        if is_new:
            beat, beaten_at = beat + 1, at
        dead = watch.look([glimpse(beat, is_connected=is_connected)], at=at)
        if at - beaten_at < LOST:
            assert not dead
