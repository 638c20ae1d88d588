"""
/api.php when the store, or a password check, does not come to an end in time.
"""

import asyncio

import pytest

from smscore.domain.deliveries import Status
from smscore.domain.receipts import AcceptedItem, Receipt
from smscore.errors import DeadlinePassed
from smscore_http._context import Context
from smscore_http._requests import Request
from smscore_http.gateway_api._send import Sending


async def send(site):
    """A request that is given 50 ms."""
    scope = {
        "method": "GET",
        "query_string": b"username=apiuser&password=secret-word&to=0170123&text=hi",
        "headers": [],
    }

    async def never():
        raise AssertionError("a GET has no body")

    context = Context(site.gateway)
    try:
        await Sending(context, hard_limit=0.05)(Request(scope, never, path="/api.php"))
    finally:
        context.close()


def give_up(site):
    """Sends with a store that hangs; what the store had been given to do."""
    site.store.is_stuck = True
    with pytest.raises(DeadlinePassed):
        asyncio.run(send(site))
    return site.store.stuck[-1]


@pytest.fixture
def numbered(site):
    site.api_php()  # the first id makes the process ask the store for its number
    return site


def test_what_has_not_begun_by_then_is_withdrawn(numbered):
    assert give_up(numbered).cancelled()


def test_what_ends_later_is_told_to_the_operator(numbered, caplog):
    numbered.store.is_busy = True
    accepted = give_up(numbered)

    item = AcceptedItem(index=0, message=255, to="0170123", status=Status.QUEUED, credits=1)
    accepted.set_result(Receipt(accepted=(item,)))

    assert "accepted after a client was told 408: 00000000000000ff" in caplog.text


def test_a_password_is_not_waited_for_any_longer(make_site):
    site = make_site(http={"submit_timeout": 60})
    site.authenticator.may_answer.clear()

    with pytest.raises(DeadlinePassed):
        asyncio.run(send(site))
