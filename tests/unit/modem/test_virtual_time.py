from functools import partial

import pytest

from smscore_modem._time import SYSTEM, Mailbox, Silence, Time, Turn
from smscore_modem.simulator._virtual_time import Standstill, VirtualTime


def test_hours_pass_at_once_when_nobody_works() -> None:
    time = VirtualTime()
    began = time.now()

    time.sleep(3600)

    assert time.monotonic() == 3600
    assert (time.now() - began).total_seconds() == 3600


def test_what_is_to_happen_later_happens_in_its_order() -> None:
    time = VirtualTime()
    happened: list[tuple[str, float]] = []
    for name, delay in (("second", 2.0), ("first", 1.0), ("also second", 2.0)):
        time.later(delay, lambda name=name: happened.append((name, time.monotonic())))

    time.sleep(5)

    assert happened == [("first", 1.0), ("second", 2.0), ("also second", 2.0)]


def test_a_letter_is_taken_at_the_moment_it_was_put() -> None:
    time = VirtualTime()
    mailbox: Mailbox[str] = Mailbox(time)
    time.later(7, lambda: mailbox.put("news"))

    assert mailbox.get(timeout=10) == "news"
    assert time.monotonic() == 7


@pytest.mark.parametrize("make_time", [VirtualTime, lambda: SYSTEM])
def test_a_mailbox_that_stays_empty_is_silent(make_time: type[VirtualTime]) -> None:
    time: Time = make_time()
    mailbox: Mailbox[str] = Mailbox(time)
    began = time.monotonic()

    with pytest.raises(Silence):
        mailbox.get(timeout=0.01)

    assert time.monotonic() - began >= 0.01


@pytest.mark.parametrize("make_time", [VirtualTime, lambda: SYSTEM])
def test_a_turn_is_one_threads_at_a_time(make_time: type[VirtualTime]) -> None:
    time: Time = make_time()
    turn, gate = Turn(time), time.gate()
    order: list[str] = []

    def other() -> None:
        with turn:
            order.append("other")

    with turn:
        running = time.start(other, name="other")
        with gate:
            gate.wait_for(lambda: False, 0.01)
        order.append("this")
    running.join()

    assert order == ["this", "other"]
    assert not running.is_current


def test_threads_take_turns_in_the_same_order_every_time() -> None:
    def run() -> list[tuple[int, float]]:
        time = VirtualTime()
        told: list[tuple[int, float]] = []

        def worker(number: int) -> None:
            gate = time.gate()
            for turn in range(5):
                with gate:
                    gate.wait_for(lambda: False, 1 + number * turn)
                told.append((number, time.monotonic()))

        for number in range(4):
            time.start(lambda number=number: worker(number), name=f"worker {number}")
        assert time.wait_for(lambda: len(told) == 20)
        return told

    assert run() == run()


def test_whoever_waits_for_what_cannot_happen_is_told() -> None:
    time = VirtualTime()
    with pytest.raises(Standstill):
        time.wait_for(lambda: False)


def test_whoever_takes_turn_after_turn_lets_others_in_between() -> None:
    time = VirtualTime()
    turn = Turn(time)
    order: list[str] = []

    def work(name: str) -> None:
        for _ in range(3):
            with turn:
                order.append(name)
                time.sleep(1)

    workers = [time.start(partial(work, name), name=name) for name in ("one", "other")]
    for worker in workers:
        worker.join()

    assert order == ["one", "other"] * 3


def test_a_full_mailbox_loses_the_newest_but_not_what_is_vital() -> None:
    mailbox: Mailbox[str] = Mailbox(VirtualTime(), most=1)
    for letter in ("first", "second"):
        mailbox.put(letter)
    mailbox.put("vital", is_vital=True)

    assert [mailbox.get(0), mailbox.get(0)] == ["first", "vital"]
