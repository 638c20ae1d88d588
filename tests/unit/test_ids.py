import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import MessageId
from smscore.ids import EPOCH, IdSequence, Lease, born_at, first_of
from smscore.testing import NOON, ManualClock


def a_sequence(clock: ManualClock, process: int = 7) -> IdSequence:
    return IdSequence(clock, lease=lambda: Lease(process=ProcessId(process), newest=MessageId(0)))


def test_an_id_tells_when_it_was_made() -> None:
    assert born_at(a_sequence(ManualClock())()) == NOON


@given(st.timedeltas(timedelta(), timedelta(days=20_000)))
def test_the_first_id_of_a_moment_is_behind_those_of_before(since: timedelta) -> None:
    at = EPOCH + since
    first = first_of(at)

    assert born_at(first) <= at < born_at(MessageId(first + (1 << 22)))
    assert born_at(MessageId(first - 1)) < born_at(first)


def test_an_id_fits_into_63_bits_and_holds_its_process() -> None:
    made = a_sequence(ManualClock(), process=1023)()

    assert 0 < made < 2**63
    assert made >> 12 & 1023 == 1023


@given(st.lists(st.floats(-3600, 3600), max_size=50))
def test_ids_only_grow_whatever_the_clock_does(jumps: list[float]) -> None:
    clock = ManualClock()
    sequence = a_sequence(clock)

    made = [sequence()]
    for jump in jumps:
        clock.move(seconds=jump)
        made.append(sequence())

    assert made == sorted(set(made))


def test_more_than_a_milliseconds_worth_of_ids_are_still_different() -> None:
    sequence = a_sequence(ManualClock())

    assert len({sequence() for _ in range(10_000)}) == 10_000


def test_the_ids_of_a_request_come_one_after_another_and_before_any_later_one() -> None:
    clock = ManualClock()
    sequence = a_sequence(clock)
    before = sequence()

    made = [before, *sequence.several(10_000, now=clock.now()), sequence()]

    assert len(made) == 10_002
    assert made == sorted(set(made))


def test_two_processes_never_make_the_same_id() -> None:
    clock = ManualClock()
    one, other = a_sequence(clock, 1), a_sequence(clock, 2)

    assert not {one() for _ in range(100)} & {other() for _ in range(100)}


def test_ids_begin_behind_the_newest_although_the_clock_was_set_back() -> None:
    clock = ManualClock()
    newest = a_sequence(clock, process=3)()
    clock.move(days=-1000)
    later = IdSequence(clock, lease=lambda: Lease(process=ProcessId(1), newest=newest))

    assert later() > newest


def test_threads_that_ask_first_at_once_are_one_process() -> None:
    leased: list[Lease] = []
    meeting = threading.Barrier(2)

    def lease() -> Lease:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.1)  # for a second one, who should not come
        leased.append(Lease(process=ProcessId(len(leased)), newest=MessageId(0)))
        return leased[-1]

    sequence = IdSequence(ManualClock(), lease=lease)
    with ThreadPoolExecutor(2) as pool:
        processes = list(pool.map(lambda _: sequence.process, range(2)))

    assert (processes, len(leased)) == ([0, 0], 1)
