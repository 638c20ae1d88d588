import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.policies import RetryPolicy
from smscore.errors import InvalidRequest


def test_retries_back_off_and_end() -> None:
    policy = RetryPolicy(max_attempts=4, first_delay=5, factor=4, longest_delay=60)

    assert [policy.delay(attempts) for attempts in range(1, 5)] == [5, 20, 60, None]


@given(
    attempts=st.integers(min_value=1, max_value=999),
    factor=st.floats(min_value=1, max_value=1000),
    longest=st.floats(min_value=0, max_value=604_800),
)
def test_a_delay_is_never_longer_than_the_longest(
    attempts: int, factor: float, longest: float
) -> None:
    policy = RetryPolicy(max_attempts=1000, factor=factor, longest_delay=longest)

    delay = policy.delay(attempts)

    assert delay is not None
    assert 0 <= delay <= longest


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_attempts": 0},
        {"first_delay": -1},
        {"factor": 0.5},
        {"longest_delay": float("nan")},
    ],
)
def test_a_policy_out_of_its_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(wrong))):
        RetryPolicy(**wrong)
