"""
Guessing passwords becomes slow; logging in does not.
"""

import logging

import pytest

from smscore.services.logins import Attempt, LoginThrottle, Throttled
from smscore.testing import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def throttle(clock):
    return LoginThrottle(monotonic=clock.monotonic)


def an_attempt(username="apiuser", password="wrong-word", address="192.0.2.1"):
    return Attempt(username=username, password=password, address=address)


def fail(throttle, times, **attempt):
    for number in range(times):
        throttle.failed(an_attempt(**{"password": f"wrong-word {number}", **attempt}))


def wait(throttle, **attempt):
    """Seconds that one has to wait; 0 if there is nothing to wait for."""
    try:
        throttle.check(an_attempt(**attempt))
    except Throttled as refusal:
        return refusal.retry_after
    return 0


def addresses(number):
    return [f"198.51.{index // 250}.{index % 250 + 1}" for index in range(number)]


def test_nine_mistakes_are_nothing(throttle):
    fail(throttle, 9)

    assert wait(throttle) == 0


def test_after_ten_mistakes_there_is_one_try_in_thirty_seconds(throttle, clock):
    fail(throttle, 10)

    assert wait(throttle) == 30
    clock.move(seconds=29.5)
    assert wait(throttle) == 1
    clock.move(seconds=0.5)
    assert wait(throttle) == 0
    fail(throttle, 1)
    assert wait(throttle) == 30


def test_mistakes_are_forgiven(throttle, clock):
    fail(throttle, 10)
    clock.move(seconds=300)
    fail(throttle, 9)

    assert wait(throttle) == 0


def test_a_day_of_guessing_at_one_address_is_three_thousand_tries(throttle, clock):
    tries = 0
    for _ in range(86_400):
        if wait(throttle) == 0:
            fail(throttle, 1)
            tries += 1
        clock.move(seconds=1)

    assert tries < 3000


def test_another_user_at_the_same_address_is_not_concerned(throttle):
    fail(throttle, 10)

    assert wait(throttle, username="another") == 0


def test_the_same_user_at_another_address_is_not_concerned(throttle):
    fail(throttle, 10)

    assert wait(throttle, address="192.0.2.2") == 0


def test_an_address_has_fifty_mistakes_whatever_the_names(throttle, clock):
    for number in range(50):
        fail(throttle, 1, username=f"user{number}")

    assert wait(throttle, username="another") == 6
    assert wait(throttle, username="another", address="192.0.2.2") == 0
    clock.move(seconds=6)
    assert wait(throttle, username="another") == 0


def test_a_user_has_a_hundred_mistakes_wherever_they_come_from(throttle):
    for address in addresses(100):
        fail(throttle, 1, address=address)

    assert {wait(throttle, address=address) for address in addresses(100)} == {3}


def test_nobody_is_locked_out_where_no_mistake_was_made(throttle, clock):
    for _ in range(100):
        for address in addresses(100):
            fail(throttle, 1, address=address)
        clock.move(seconds=1)

    assert wait(throttle, address="192.0.2.1") == 0
    fail(throttle, 1, address="192.0.2.1")
    assert wait(throttle, address="192.0.2.1") > 0


def test_mistakes_of_an_address_count_for_a_day_when_a_user_is_attacked(throttle, clock):
    fail(throttle, 1, address="192.0.2.1")
    clock.move(hours=23)
    for address in addresses(100):
        fail(throttle, 1, address=address)

    assert wait(throttle, address="192.0.2.1") == 3


def test_what_was_right_before_is_never_slowed_down(throttle):
    throttle.succeeded(an_attempt(password="secret-word"))
    fail(throttle, 200)

    assert wait(throttle, password="secret-word") == 0
    assert wait(throttle, password="secret-word", address="192.0.2.2") == 0
    assert wait(throttle) > 0


def test_what_was_right_and_is_wrong_now_is_a_guess_like_any_other(throttle):
    throttle.succeeded(an_attempt(password="old-word"))
    fail(throttle, 10)
    throttle.failed(an_attempt(password="old-word"))

    assert wait(throttle, password="old-word") > 0


def test_names_and_passwords_are_not_mixed_up(throttle):
    throttle.succeeded(an_attempt(username="ab", password="c"))
    fail(throttle, 10, username="a")

    assert wait(throttle, username="a", password="bc") > 0


def test_all_addresses_of_an_ipv6_network_are_one(throttle):
    for number in range(10):
        fail(throttle, 1, address=f"2001:db8::{number:x}")

    assert wait(throttle, address="2001:db8::ffff:1") == 30
    assert wait(throttle, address="2001:db8:0:1::1") == 0


def test_an_address_is_the_same_in_either_spelling(throttle):
    fail(throttle, 10, address="192.0.2.1")

    assert wait(throttle, address="::ffff:192.0.2.1") == 30


@pytest.mark.parametrize("address", ["unknown", "", "::1", "fe80::1%eth0", "not an address"])
def test_any_address_will_do(throttle, address):
    fail(throttle, 10, address=address)

    assert wait(throttle, address=address) == 30


def test_odd_names_will_do(throttle):
    for name in ("", "\0", "\ud800", "x" * 100_000):
        fail(throttle, 10, username=name, address=f"192.0.2.{len(name) % 7}")
        assert wait(throttle, username=name, address=f"192.0.2.{len(name) % 7}") == 30


def test_memory_is_bounded(clock):
    throttle = LoginThrottle(monotonic=clock.monotonic, most_known=100)
    for number in range(1000):
        fail(throttle, 1, username=f"user{number}", address=f"10.0.{number // 250}.{number % 250}")
        throttle.succeeded(an_attempt(username=f"good{number}"))

    for kept in (throttle._at_address, throttle._of_address, throttle._of_user):
        assert len(kept._forgiven_at) == 100
    assert len(throttle._right) == 100


def test_what_is_forgiven_is_forgotten(throttle, clock):
    for number in range(100):
        fail(throttle, 1, username=f"user{number}", address=f"192.0.2.{number}")
    clock.move(days=2)
    fail(throttle, 1)

    for kept in (throttle._at_address, throttle._of_address, throttle._of_user):
        assert len(kept._forgiven_at) == 1


def test_the_log_tells_the_address_and_neither_name_nor_password(throttle, caplog):
    caplog.set_level(logging.DEBUG)
    fail(throttle, 9)
    assert caplog.text == ""

    fail(throttle, 1)

    assert "192.0.2.1" in caplog.text
    assert "apiuser" not in caplog.text
    assert "wrong-word" not in caplog.text
