from hypothesis import given
from hypothesis import strategies as st

from smscore_agent._pace import until_next_poll, until_next_try
from smscore_agent._server import Trouble

FAILURES = st.integers(1, 10_000)


@given(failures=st.integers(1, 8))
def test_the_time_between_tries_doubles(failures: int):
    ceiling = 2.0 ** (failures - 1)

    assert ceiling / 2 <= until_next_try(failures, Trouble("no"), first=1.0) <= ceiling


@given(failures=FAILURES, first=st.floats(0.01, 300))
def test_nothing_is_tried_less_often_than_every_five_minutes(failures: int, first: float):
    assert until_next_try(failures, Trouble("no"), first=first) <= 300


@given(failures=FAILURES)
def test_what_a_person_has_to_mend_is_tried_rarely_from_the_first_time_on(failures: int):
    assert until_next_try(failures, Trouble("no", needs_person=True), first=1.0) >= 150


@given(failures=FAILURES, wish=st.floats(0, 3600))
def test_what_the_server_wishes_is_kept(failures: int, wish: float):
    assert until_next_try(failures, Trouble("no", retry_after=wish), first=1.0) >= wish


def test_a_server_cannot_silence_us_for_days():
    assert until_next_try(1, Trouble("no", retry_after=1e9), first=1.0) == 3600


@given(every=st.floats(0.05, 3600))
def test_polls_do_not_stay_in_step(every: float):
    assert 0.8 * every <= until_next_poll(every) <= 1.2 * every
