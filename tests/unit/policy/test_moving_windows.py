"""
Counting calls in moving windows.
"""

import pytest
import time_machine

from smscore.ports.policy import Rate
from smscore_policy import make_rate_limiter
from smscore_policy._windows import MovingWindows

PER_SECOND = Rate(amount=3, seconds=1)
PER_MINUTE = Rate(amount=3, seconds=60)


@pytest.fixture
def time():
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as traveller:
        yield traveller


def test_calls_are_counted_down(time):
    limiter = make_rate_limiter()

    states = [limiter.hit("a", rate=PER_MINUTE) for _ in range(4)]

    assert [state.is_allowed for state in states] == [True, True, True, False]
    assert [state.remaining for state in states] == [2, 1, 0, 0]
    assert {state.limit for state in states} == {3}


def test_the_window_moves(time):
    limiter = make_rate_limiter()
    limiter.hit("a", rate=PER_MINUTE)
    time.shift(30)
    limiter.hit("a", rate=PER_MINUTE)
    limiter.hit("a", rate=PER_MINUTE)

    time.shift(30.5)

    assert limiter.hit("a", rate=PER_MINUTE).is_allowed
    assert not limiter.hit("a", rate=PER_MINUTE).is_allowed


def test_reset_is_when_the_oldest_call_leaves_the_window_rounded_up(time):
    limiter = make_rate_limiter()
    for _ in range(3):
        limiter.hit("a", rate=PER_MINUTE)
    time.shift(19.5)

    refused = limiter.hit("a", rate=PER_MINUTE)

    assert refused.reset == 41
    time.shift(refused.reset)
    assert limiter.hit("a", rate=PER_MINUTE).is_allowed


def test_reset_is_never_zero_nor_longer_than_the_window(time):
    limiter = make_rate_limiter()

    assert limiter.hit("a", rate=PER_SECOND).reset == 1
    time.shift(0.999)
    assert limiter.hit("a", rate=PER_SECOND).reset == 1


def test_a_refused_call_is_not_counted(time):
    limiter = make_rate_limiter()
    for _ in range(10):
        limiter.hit("a", rate=PER_SECOND)

    time.shift(1.001)

    assert limiter.hit("a", rate=PER_SECOND).remaining == 2


def test_callers_and_rates_are_counted_apart(time):
    limiter = make_rate_limiter()
    for _ in range(3):
        limiter.hit("a", rate=PER_MINUTE)

    assert limiter.hit("b", rate=PER_MINUTE).is_allowed
    assert limiter.hit("a", rate=PER_SECOND).is_allowed


def test_a_clock_that_is_set_back_locks_nobody_out(time):
    limiter = MovingWindows()
    for _ in range(3):
        limiter.hit("a", rate=PER_SECOND)

    time.shift(-3600)

    states = [limiter.hit("a", rate=PER_SECOND) for _ in range(4)]
    assert [state.is_allowed for state in states] == [True, True, True, False]
    assert len(limiter._empty_at) == 1


def test_a_clock_that_is_corrected_lets_nobody_call_more(time):
    limiter = make_rate_limiter()
    for _ in range(3):
        limiter.hit("a", rate=PER_SECOND)

    time.shift(-0.5)

    assert not limiter.hit("a", rate=PER_SECOND).is_allowed


def test_the_longest_silent_caller_is_forgotten_first(time):
    limiter = MovingWindows(most_callers=2)
    for caller in ("a", "a", "b"):
        limiter.hit(caller, rate=PER_MINUTE)

    limiter.hit("c", rate=PER_MINUTE)

    assert limiter.hit("b", rate=PER_MINUTE).remaining == 1
    assert limiter.hit("a", rate=PER_MINUTE).remaining == 2


def test_nothing_is_kept_of_callers_whose_window_is_empty(time):
    limiter = MovingWindows()
    for number in range(1000):
        limiter.hit(f"caller {number}", rate=PER_SECOND)

    time.shift(2)
    limiter.hit("another", rate=PER_SECOND)

    assert len(limiter._storage.events) == 1
