"""What one endpoint and one account may be told at a time."""

from datetime import timedelta

from smscore.domain.messages import AccountId
from smscore.services.webhooks._endpoints import Endpoint, Endpoints
from smscore.services.webhooks._shares import Shares
from smscore.testing import a_posting
from smscore.testing.fakes import NOON

SECOND = timedelta(seconds=1)
ACME, OTHER = AccountId(1), AccountId(2)


def test_what_is_heard_meanwhile_does_not_shorten_the_time_that_was_asked_for() -> None:
    endpoint = Endpoint("x")
    endpoint.failed(at=NOON, jitter=0, asked_until=NOON + 60 * SECOND)
    endpoint.failed(at=NOON, jitter=0, asked_until=NOON + 30 * SECOND)
    endpoint.succeeded()

    assert endpoint.room(now=NOON + 59 * SECOND) == 0
    assert endpoint.room(now=NOON + 60 * SECOND) > 0


def test_what_hangs_or_waits_is_remembered_among_thousands() -> None:
    endpoints = Endpoints()
    hanging, waiting = endpoints["hanging"], endpoints["waiting"]
    hanging.in_flight[a_posting().id] = a_posting()
    endpoints.look_after("waiting", at=NOON)
    idle = endpoints["idle"]
    for number in range(5000):
        endpoints[str(number)].failed(at=NOON, jitter=0)

    assert (endpoints["hanging"], endpoints["waiting"]) == (hanging, waiting)
    assert endpoints["idle"] is not idle


def take_all(shares: Shares, account: AccountId) -> int:
    count = 0
    while shares.room(account):
        shares.take(account)
        count += 1
    return count


def test_an_account_takes_no_more_than_it_leaves_free() -> None:
    shares = Shares(512)

    assert [take_all(shares, AccountId(number)) for number in range(1, 6)] == [256, 128, 64, 32, 16]


def test_room_that_was_given_back_is_there_for_all() -> None:
    shares = Shares(8)
    assert take_all(shares, ACME) == 4
    for _ in range(4):
        shares.give_back(ACME)

    assert shares.room(ACME) == shares.room(OTHER) == 4
