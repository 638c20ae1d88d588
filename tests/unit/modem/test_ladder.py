from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._upkeep._ladder import Ladder, Rung

MINUTE = 60.0
HOUR = 3600.0
DAY = 86_400.0


def climbed(ladder: Ladder, *, now: float) -> tuple[Ladder, list[Rung]]:
    """The ladder after it was in vain, and what was tried."""
    tried = []
    while (ladder := ladder.sick(now=now)).rung is not None:
        tried.append(ladder.rung)
    return ladder, tried


def test_the_first_remedy_is_the_gentlest() -> None:
    assert Ladder().sick(now=0.0).rung is Rung.RESYNC


def test_what_did_not_help_is_followed_by_something_more_thorough() -> None:
    _, tried = climbed(Ladder(), now=0.0)

    assert tried == [Rung.RESYNC, Rung.REOPEN, Rung.DEFAULTS, Rung.RADIO, Rung.RESET]


def test_what_is_too_gentle_to_help_is_left_out() -> None:
    ladder = Ladder().sick(now=0.0, least=Rung.RADIO)

    assert ladder.rung is Rung.RADIO
    assert ladder.sick(now=1.0, least=Rung.RADIO).rung is Rung.RESET


def test_the_programs_of_the_operator_come_last() -> None:
    _, tried = climbed(Ladder(rungs=tuple(Rung)), now=0.0)

    assert tried[-2:] == [Rung.USB_RESET, Rung.POWER_CYCLE]


def test_a_modem_that_gets_sick_on_probation_goes_on_where_it_was() -> None:
    ladder = Ladder().sick(now=0.0).well(now=10.0)

    assert ladder.sick(now=10.0 + 4 * MINUTE).rung is Rung.REOPEN


def test_a_modem_that_was_well_for_a_while_begins_at_the_bottom_again() -> None:
    ladder = Ladder().sick(now=0.0).sick(now=1.0).well(now=10.0)

    assert ladder.settled(now=10.0 + 5 * MINUTE).rung is None
    assert ladder.sick(now=10.0 + 5 * MINUTE).rung is Rung.RESYNC


def test_after_a_climb_in_vain_the_next_one_waits_a_quarter_of_an_hour() -> None:
    ladder, _ = climbed(Ladder(), now=0.0)

    assert ladder.sick(now=14 * MINUTE).rung is None
    assert ladder.sick(now=15 * MINUTE).rung is Rung.RESYNC


def test_after_five_climbs_in_a_day_the_modem_is_put_aside() -> None:
    ladder = Ladder()
    for number in range(5):
        assert not ladder.is_aside
        ladder, _ = climbed(ladder, now=number * HOUR)

    assert ladder.is_aside
    assert ladder.sick(now=23 * HOUR).rung is None
    assert ladder.sick(now=DAY).rung is Rung.RESYNC


def test_a_modem_that_works_again_is_not_aside_any_more() -> None:
    ladder = Ladder()
    for number in range(5):
        ladder, _ = climbed(ladder, now=number * HOUR)

    assert not ladder.well(now=5 * HOUR).is_aside


@given(st.lists(st.tuples(st.booleans(), st.floats(1.0, 4 * HOUR)), max_size=60))
def test_whatever_happens_there_are_no_more_than_five_climbs_in_a_day(
    story: list[tuple[bool, float]],
) -> None:
    ladder, now, resets = Ladder(), 0.0, []

    for is_sick, pause in story:
        now += pause
        ladder = ladder.sick(now=now) if is_sick else ladder.well(now=now)
        if is_sick and ladder.rung is Rung.RESET:
            resets.append(now)

    for moment in ladder.climbs:
        assert now - moment < DAY
    assert len(ladder.climbs) <= 5
