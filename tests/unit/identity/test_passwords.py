"""
Checking passwords is dear, so only two are checked at a time.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from smscore.testing import ManualClock
from smscore_identity._passwords import Passwords

PATIENCE = 30.0


@pytest.fixture
def passwords():
    return Passwords(monotonic=ManualClock().monotonic)


@pytest.fixture
def stored(passwords):
    return passwords.hash("secret-word")


def test_a_third_password_waits_until_one_of_two_is_checked(passwords, stored):
    for _ in range(2):
        assert passwords._turns.acquire(blocking=False)
    done = threading.Event()

    def check():
        assert passwords.verify("apiuser", "secret-word", stored=stored)
        done.set()

    thread = threading.Thread(target=check)
    thread.start()
    assert not done.wait(0.1)
    passwords._turns.release()
    thread.join(PATIENCE)

    assert done.is_set()


def test_what_was_verified_needs_no_turn(passwords, stored):
    passwords.verify("apiuser", "secret-word", stored=stored)
    for _ in range(2):
        passwords._turns.acquire()

    assert passwords.verify("apiuser", "secret-word", stored=stored)
    assert passwords.was_verified("apiuser", "secret-word", stored=stored)


def test_many_at_once_all_get_their_answer(passwords, stored):
    attempts = ["secret-word", "wrong-word"] * 6

    with ThreadPoolExecutor(len(attempts)) as pool:
        answers = pool.map(lambda one: passwords.verify("apiuser", one, stored=stored), attempts)

    assert list(answers) == [True, False] * 6


def test_nobody_who_does_not_exist_is_ever_verified(passwords):
    assert not passwords.verify("nobody", "secret-word", stored=None)
    assert not passwords.was_verified("nobody", "secret-word", stored="")
