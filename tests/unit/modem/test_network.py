import pytest

from smscore_modem._start._network import Networks, Watch, network_state, smoothed

MINUTE = 60.0
HOUR = 3600.0


def networks(*states: int) -> Networks:
    return Networks(states=dict(zip(("+CREG", "+CGREG", "+CEREG"), states, strict=False)))


@pytest.mark.parametrize("state", [1, 6, 9])
def test_any_domain_at_home_will_do(state: int) -> None:
    assert networks(0, 3, state).obstacle(roaming=False) is None


@pytest.mark.parametrize("state", [5, 7, 10])
def test_roaming_is_used_only_when_it_is_allowed(state: int) -> None:
    assert "`roaming = true`" in (networks(state, 0).obstacle(roaming=False) or "")
    assert networks(state, 0).obstacle(roaming=True) is None


@pytest.mark.parametrize(
    ("state", "word"), [(0, "no network"), (2, "searching"), (3, "denies"), (8, "emergency")]
)
def test_the_obstacle_says_what_the_network_says(state: int, word: str) -> None:
    assert word in (networks(state).obstacle(roaming=True) or "")


def test_a_modem_that_tells_nothing_is_tried() -> None:
    assert Networks().obstacle(roaming=False) is None


def test_a_denial_becomes_hopeless_after_ten_minutes() -> None:
    watch = Watch().seen(networks(3), now=0.0).seen(networks(3), now=9 * MINUTE)

    assert not watch.is_hopeless(now=9 * MINUTE)
    assert watch.is_hopeless(now=10 * MINUTE)


def test_a_denial_that_was_taken_back_is_forgotten() -> None:
    watch = Watch().seen(networks(3), now=0.0).seen(networks(1), now=9 * MINUTE)

    assert not watch.seen(networks(3), now=10 * MINUTE).is_hopeless(now=11 * MINUTE)


def test_a_modem_that_does_not_search_is_told_to_after_two_minutes() -> None:
    watch = Watch().seen(networks(0, 0), now=0.0)

    assert not watch.should_kick(now=1 * MINUTE)
    assert watch.should_kick(now=2 * MINUTE)


def test_it_is_told_once_an_hour_at_most() -> None:
    watch = Watch().seen(networks(0), now=0.0).kicked(now=2 * MINUTE)

    assert not watch.should_kick(now=61 * MINUTE)
    assert watch.should_kick(now=62 * MINUTE)


@pytest.mark.parametrize(
    ("text", "is_answer", "state"),
    [
        ('2,1,"0001","00000001",7', True, 1),
        ('1,"0001","00000001"', False, 1),
        ("0, 5", True, 5),
        ("", True, None),
        ("2", True, None),
        ("x", False, None),
        ("9" * 5000, False, None),
    ],
)
def test_states_are_read_loosely(text: str, *, is_answer: bool, state: int | None) -> None:
    assert network_state(text, is_answer=is_answer) == state


def test_a_single_sample_of_the_signal_moves_what_is_shown_only_a_little() -> None:
    assert smoothed(-80, -100) == -85
    assert smoothed(None, -100) == -100
    assert smoothed(-80, None) is None
