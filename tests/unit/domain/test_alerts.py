"""
Alerts as they are raised, told and cleared, in single steps and in whole lives.
"""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.alerts import (
    MOST_AT_ONCE,
    AlertKind,
    Board,
    Condition,
    Grade,
    Listener,
    Patience,
    Reading,
    Turn,
)
from smscore.testing import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DOWN = Condition(kind=AlertKind.CHANNEL_DOWN, subject="modem-1")
STORE = Condition(kind=AlertKind.STORE_FAILING)
PATIENCE = Patience(until_raised={AlertKind.CHANNEL_DOWN: 2 * MINUTE}, until_cleared=5 * MINUTE)
PAUSE = timedelta(seconds=30)
SLACK = timedelta(seconds=1)


def look(board, grade, *, at, condition=DOWN, looked_at=tuple(AlertKind)):
    readings = [] if grade is None else [Reading(condition=condition, grade=grade, detail="how")]
    return board.seen(readings, looked_at=looked_at, at=at, patience=PATIENCE)


def raised(*, at=NOON):
    return look(look(Board(), Grade.BAD, at=at - 2 * MINUTE), Grade.BAD, at=at)


def news(listener, board, *, at):
    return listener.news(board, at=at, pause=PAUSE, remind_after=12 * HOUR)


def turns(listener, board, *, at):
    return [one.turn for one in news(listener, board, at=at)]


def told(listener, board, *, at):
    return listener.was_told(news(listener, board, at=at), at=at)


def test_what_is_bad_for_its_time_is_raised_and_not_before():
    board = look(Board(), Grade.BAD, at=NOON)
    board = look(board, Grade.BAD, at=NOON + 2 * MINUTE - SLACK)
    assert board.raised == ()

    (one,) = look(board, Grade.BAD, at=NOON + 2 * MINUTE).raised
    assert (one.condition, one.raised_at, one.detail) == (DOWN, NOON + 2 * MINUTE, "how")


def test_a_kind_without_a_time_is_raised_at_once():
    assert look(Board(), Grade.BAD, at=NOON, condition=STORE).raised


@pytest.mark.parametrize("meanwhile", [Grade.BETWEEN, Grade.WELL, None])
def test_what_was_not_bad_in_between_does_not_count(meanwhile):
    board = look(Board(), Grade.BAD, at=NOON)
    board = look(board, meanwhile, at=NOON + MINUTE)

    assert look(board, Grade.BAD, at=NOON + 2 * MINUTE).raised == ()


@pytest.mark.parametrize("meanwhile", [Grade.BETWEEN, Grade.WELL, None])
@pytest.mark.parametrize(("bad", "rest"), [(1, 1), (3, 7), (1, 5)])
def test_what_comes_and_goes_adds_up(meanwhile, bad, rest):
    board, looks, seconds = Board(), 0, timedelta(seconds=5)
    while not board.raised and looks < 1000:
        is_bad = looks % (bad + rest) < bad
        board = look(board, Grade.BAD if is_bad else meanwhile, at=NOON + looks * seconds)
        looks += 1

    expected = 2 * MINUTE * (bad + rest) / bad
    assert 0.9 * expected < looks * seconds < 1.1 * expected + seconds


def test_what_was_well_for_long_enough_is_forgotten():
    board = look(Board(), Grade.BAD, at=NOON)
    board = look(board, Grade.BAD, at=NOON + MINUTE)
    board = look(board, Grade.WELL, at=NOON + 2 * MINUTE)

    assert look(board, Grade.WELL, at=NOON + 7 * MINUTE) == Board()


def test_what_nobody_has_seen_for_long_was_not_bad_all_the_time():
    board = look(Board(), Grade.BAD, at=NOON)
    board = look(board, Grade.WELL, at=NOON)

    assert look(board, Grade.BAD, at=NOON + HOUR).raised == ()


@pytest.mark.parametrize("well", [Grade.WELL, None])
def test_what_is_well_for_its_time_is_cleared(well):
    board = look(raised(), well, at=NOON + MINUTE)
    assert look(board, well, at=NOON + 6 * MINUTE - SLACK).raised

    assert look(board, well, at=NOON + 6 * MINUTE) == Board()


@pytest.mark.parametrize("meanwhile", [Grade.BETWEEN, Grade.BAD])
def test_between_the_thresholds_nothing_is_cleared(meanwhile):
    board = look(raised(), Grade.WELL, at=NOON)
    board = look(board, meanwhile, at=NOON + 4 * MINUTE)

    assert look(board, Grade.WELL, at=NOON + 5 * MINUTE).raised


def test_what_could_not_be_looked_at_stays_as_it_is():
    board = raised()
    for minutes in range(60):
        board = look(board, None, at=NOON + minutes * MINUTE, looked_at=())

    assert [one.condition for one in board.raised] == [DOWN]


def test_after_a_restart_what_is_raised_stays_so_and_times_begin_anew():
    board = look(raised(), Grade.BAD, at=NOON, condition=STORE, looked_at=())
    board = look(board, Grade.BAD, at=NOON, looked_at=())
    board = look(board, Grade.WELL, at=NOON, condition=DOWN, looked_at=()).resumed()

    assert [one.condition for one in board.raised] == [DOWN, STORE]
    assert all(one.well_since is None for one in board.watched)


def test_a_receiver_hears_of_it_once_is_reminded_and_hears_that_it_is_over():
    board, listener = raised(), Listener()
    assert turns(listener, board, at=NOON) == [Turn.RAISED]
    listener = told(listener, board, at=NOON)
    assert turns(listener, board, at=NOON + 12 * HOUR - SLACK) == []

    later = NOON + 12 * HOUR
    assert turns(listener, board, at=later) == [Turn.REMINDED]
    listener = told(listener, board, at=later)
    assert turns(listener, board, at=later + HOUR) == []

    assert turns(listener, Board(), at=later + HOUR) == [Turn.CLEARED]
    listener = told(listener, Board(), at=later + HOUR)
    assert (listener.heard, listener.told) == ((), 3)


def test_what_came_and_went_unheard_needs_no_words():
    assert turns(Listener(), Board(), at=NOON) == []


def test_what_was_cleared_and_came_back_is_told_in_this_order():
    listener = told(Listener(), raised(), at=NOON)
    back = raised(at=NOON + HOUR)

    assert turns(listener, back, at=NOON + HOUR) == [Turn.CLEARED, Turn.RAISED]


def test_a_receiver_that_may_have_heard_of_it_hears_that_it_is_over():
    board = raised()
    listener = Listener().was_not_told(news(Listener(), board, at=NOON), at=NOON)
    assert turns(listener, board, at=NOON + SLACK) == []
    assert turns(listener, board, at=NOON + MINUTE) == [Turn.RAISED]

    assert turns(listener, Board(), at=NOON + MINUTE) == [Turn.CLEARED]


def test_tries_come_more_and_more_seldom():
    board, listener, at, tries = raised(), Listener(), NOON, []
    while at < NOON + 2 * HOUR:
        if found := news(listener, board, at=at):
            tries.append(at)
            listener = listener.was_not_told(found, at=at)
        at += timedelta(seconds=5)

    gaps = [(after - before).total_seconds() for before, after in pairwise(tries)]
    assert gaps[:7] == [10, 20, 40, 80, 160, 320, 600]
    assert set(gaps[6:]) == {600}


def test_many_come_in_portions():
    readings = [
        Reading(
            condition=Condition(kind=AlertKind.PHONE_SILENT, subject=f"{number}"),
            grade=Grade.BAD,
            detail="",
        )
        for number in range(250)
    ]
    board = Board().seen(readings, looked_at=AlertKind, at=NOON, patience=PATIENCE)
    listener, sizes = Listener(), []
    for number in range(4):
        at = NOON + number * PAUSE
        sizes.append(len(news(listener, board, at=at)))
        listener = told(listener, board, at=at)

    assert sizes == [MOST_AT_ONCE, MOST_AT_ONCE, 50, 0]


def test_a_clock_that_was_set_back_holds_up_nothing():
    listener = told(Listener(), raised(), at=NOON + 24 * HOUR)

    assert turns(listener, Board(), at=NOON) == [Turn.CLEARED]
    board = look(Board(), Grade.BAD, at=NOON + 24 * HOUR)
    board = look(board, Grade.BAD, at=NOON)
    assert look(board, Grade.BAD, at=NOON + 2 * MINUTE).raised


CONDITIONS = (DOWN, STORE, Condition(kind=AlertKind.LOW_CREDIT, subject="shop"))
steps = st.lists(
    st.tuples(
        st.integers(1, 400).map(lambda seconds: timedelta(seconds=seconds)),
        st.fixed_dictionaries({one: st.sampled_from([*Grade, None]) for one in CONDITIONS}),
        st.sets(st.sampled_from(AlertKind)),
        st.integers(0, 3).map(bool),  # whether the receiver can be reached
        st.integers(0, 9).map(lambda chance: not chance),  # whether the server starts anew
    ),
    max_size=60,
)
patiences = st.builds(
    Patience,
    until_raised=st.dictionaries(
        st.sampled_from(AlertKind), st.integers(0, 600).map(lambda s: timedelta(seconds=s))
    ),
    until_cleared=st.integers(0, 600).map(lambda s: timedelta(seconds=s)),
)


class Believer:
    """A receiver that complains about what it should not hear."""

    def __init__(self, remind_after):
        self._remind_after = remind_after
        self._open = {}  # since when it has heard nothing of what it believes to be raised
        self._told_at = None

    def hear(self, found, *, at):
        assert self._told_at is None or at - self._told_at >= PAUSE
        self._told_at = at
        for one in found:
            match one.turn:
                case Turn.RAISED:
                    assert one.condition not in self._open
                    self._open[one.condition] = at
                case Turn.REMINDED:
                    assert at - self._open[one.condition] >= self._remind_after
                    self._open[one.condition] = at
                case Turn.CLEARED:
                    self._open.pop(one.condition, None)  # maybe it never heard the beginning


def check_board(before, after, grades, bad_for, patience):
    """Raised is only what was bad for so long, cleared what is well, and each is there once."""
    was, now = ({one.condition for one in board.raised} for board in (before, after))
    for one in now - was:
        assert bad_for[one] >= patience.until_raised.get(one.kind, timedelta(0))
        bad_for[one] = timedelta(0)
    assert not any(grades[one] in (Grade.BAD, Grade.BETWEEN) for one in was - now)
    assert len({one.condition for one in after.watched}) == len(after.watched)


@given(steps=steps, patience=patiences, remind_after=st.sampled_from([10 * MINUTE, HOUR]))
def test_in_every_life_raises_and_clears_take_turns_and_there_is_no_flood(
    steps, patience, remind_after
):
    at, board, listener, believer = NOON, Board(), Listener(), Believer(remind_after)
    grades_before, bad_for = {}, {}
    for passed, grades, looked_at, is_reachable, starts_anew in steps:
        at += passed
        if starts_anew:
            board, grades_before, bad_for = board.resumed(), {}, {}
        seen = {one: grade for one, grade in grades.items() if grade is not None}
        for one in CONDITIONS:
            if seen.get(one) is Grade.BAD:  # at most since the last look
                was_bad = grades_before.get(one) is Grade.BAD
                more = passed if was_bad else min(passed, timedelta(seconds=10))
                bad_for[one] = bad_for.get(one, timedelta(0)) + more
        grades_before = seen
        readings = [Reading(condition=one, grade=seen[one], detail="x") for one in seen]
        after = board.seen(readings, looked_at=looked_at, at=at, patience=patience)
        check_board(board, after, grades, bad_for, patience)
        board = after
        found = listener.news(board, at=at, pause=PAUSE, remind_after=remind_after)
        if found and is_reachable:
            believer.hear(found, at=at)
            listener = listener.was_told(found, at=at)
        elif found:
            listener = listener.was_not_told(found, at=at)

    # Whoever can be reached in the end believes what is so.
    found = listener.news(board, at=at + HOUR, pause=PAUSE, remind_after=24 * HOUR)
    heard = listener.was_told(found, at=at + HOUR).heard if found else listener.heard
    assert {one.condition for one in heard} == {one.condition for one in board.raised}
