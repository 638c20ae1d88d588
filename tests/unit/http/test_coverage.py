from hypothesis import given
from hypothesis import strategies as st

from smscore_http.queue_api._coverage import Coverage

SIZE = 100
DAY = 86_400.0


def added(*pieces: tuple[int, int], at: float = 0.0) -> list[int]:
    """What each piece completes."""
    coverage = Coverage(SIZE)
    return [coverage.add(*piece, at=at) for piece in pieces]


def test_the_whole_file_is_a_download_each_time():
    assert added((0, 100), (0, 100)) == [1, 1]


def test_the_ranges_of_a_download_manager_are_one_download_in_whatever_order():
    assert added((50, 75), (0, 25), (75, 100), (25, 50)) == [0, 0, 0, 1]


def test_a_download_that_was_cut_off_and_resumed_is_one():
    assert added((0, 60), (60, 100)) == [0, 1]


def test_what_a_client_asks_for_again_since_it_was_lost_on_the_way_counts_once():
    assert added((0, 60), (40, 100)) == [0, 1]


def test_a_look_at_the_end_is_no_download():
    assert added((90, 100), (99, 100), (90, 100)) == [0, 0, 0]


def test_phones_that_fetch_the_same_ranges_at_the_same_time_are_as_many_downloads():
    assert added((0, 50), (0, 50), (50, 100), (50, 100)) == [0, 0, 1, 1]


def test_a_whole_file_counts_beside_pieces_that_lead_nowhere():
    assert added((0, 30), (0, 100), (30, 100)) == [0, 1, 1]


def test_what_was_not_gone_on_with_for_a_day_is_forgotten():
    coverage = Coverage(SIZE)
    coverage.add(0, 50, at=0.0)
    assert coverage.add(50, 100, at=DAY) == 1

    coverage.add(0, 50, at=2 * DAY)
    assert coverage.add(50, 100, at=3 * DAY + 1) == 0


def test_absurdly_many_pieces_are_not_remembered():
    coverage = Coverage(10**6)
    for first in range(0, 10**6, 100):
        coverage.add(first, first + 1, at=0.0)

    assert len(coverage._edges) < 1010
    assert coverage.add(0, 10**6, at=0.0) == 1


pieces = st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)).map(
    lambda given: (given[0], min(SIZE, given[0] + given[1]))
)


@given(st.lists(pieces, max_size=30))
def test_downloads_are_what_left_of_the_byte_that_left_least_often(sent: list[tuple[int, int]]):
    least = min(sum(first <= byte < end for first, end in sent) for byte in range(SIZE))

    assert sum(added(*sent)) == least
