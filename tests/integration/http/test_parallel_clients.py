"""
Very many clients of the provider API at once, on a server of its own: rates and credits are exact.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from time import monotonic

import attrs
import httpx2
import pytest
import time_machine
from doors import at_once
from server_process import PATIENCE, Server

CLIENTS = 32
RATE = 10  # calls a second of the tariff `standard`


@attrs.frozen
class Call:
    """One call and its answer; the server took it somewhere between the two moments."""

    began: float
    ended: float
    reply: httpx2.Response

    @property
    def is_allowed(self) -> bool:
        assert self.reply.status_code in (200, 429)
        return self.reply.status_code == 200


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """Of the server's store; None: in its directory."""
    if request.param == "sqlite":
        return None
    return request.getfixturevalue("postgres").new_store()


@contextmanager
def clients(server: Server) -> Iterator[Callable[..., Sequence[Call]]]:
    """All clients make their calls, each one after the other, and begin together."""
    barrier = threading.Barrier(CLIENTS)

    def call(
        number: int, act: Callable[[httpx2.Client, int], httpx2.Response], times: int
    ) -> list[Call]:
        calls = []
        barrier.wait(PATIENCE)
        for turn in range(times):
            began = monotonic()
            reply = act(shared, number + CLIENTS * turn)
            calls.append(Call(began, monotonic(), reply))
        return calls

    def everybody(act: Callable[..., httpx2.Response], *, times: int) -> Sequence[Call]:
        of_each = pool.map(lambda number: call(number, act, times), range(CLIENTS))
        return [one for calls in of_each for one in calls]

    options = {"base_url": server.url, "headers": server.site.bearer, "timeout": PATIENCE}
    with ThreadPoolExecutor(CLIENTS) as pool, httpx2.Client(**options) as shared:
        yield everybody


def test_of_a_burst_within_a_moment_as_many_pass_as_the_tariff_says(make_site):
    site = make_site(tariff="standard")
    request = {"method": "GET", "url": "/v1/account", "headers": site.bearer}

    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        replies = at_once(site, [request] * CLIENTS)

    left = [one.headers["x-ratelimit-remaining"] for one in replies if one.status_code == 200]
    assert sorted(left, key=int) == [str(number) for number in range(RATE)]
    refused = [one for one in replies if one.status_code == 429]
    assert len(refused) == CLIENTS - RATE
    assert {one.headers["x-ratelimit-remaining"] for one in refused} == {"0"}
    assert {one.headers["retry-after"] for one in refused} == {"1"}


def test_no_second_has_more_calls_than_the_tariff_says_and_none_is_refused_too_early(tmp_path):
    with Server(tmp_path, tariff="standard") as server, clients(server) as everybody:
        calls = everybody(lambda client, _: client.get("/v1/account"), times=15)

    allowed = [one for one in calls if one.is_allowed]
    for first in allowed:
        end = first.began + 1.0
        within = [one for one in allowed if first.began <= one.began and one.ended < end]
        assert len(within) <= RATE
    for refused in (one for one in calls if not one.is_allowed):
        before = [
            one for one in allowed if one.ended > refused.began - 1.0 and one.began < refused.ended
        ]
        assert len(before) >= RATE
    for one in calls:
        headers = one.reply.headers
        assert (headers["x-ratelimit-limit"], headers["x-ratelimit-reset"]) == ("10", "1")
        assert 0 <= int(headers["x-ratelimit-remaining"]) < RATE
        assert ("retry-after" in headers) is not one.is_allowed


def test_the_balance_of_each_answer_is_that_after_its_own_refund(tmp_path, url):
    def send(client, number):
        return client.post("/v1/messages", json={"to": f"+4917{number:07}", "message": "m"})

    with Server(tmp_path, url=url, credits=1000) as server, clients(server) as everybody:
        sent = [one.reply.json()["message_id"] for one in everybody(send, times=4)]
        replies = [
            one.reply.json()
            for one in everybody(
                lambda client, number: client.delete(f"/v1/messages/{sent[number]}"), times=4
            )
        ]

    left = sorted(reply["credits_remaining"] for reply in replies)
    assert left == list(range(1001 - len(sent), 1001))
    assert {reply["credits_refunded"] for reply in replies} == {1}


@pytest.mark.parametrize("credits", [100, 1000])
def test_the_balance_of_each_answer_is_that_after_its_own_charge(tmp_path, url, credits):
    def send(client, number):
        to = [f"+4917{number:07}{recipient}" for recipient in range(1 + number % 3)]
        return client.post("/v1/messages", json={"to": to, "message": "m" * (160 + number % 2)})

    server = Server(tmp_path, url=url, credits=credits)
    with server, clients(server) as everybody:
        replies = [one.reply for one in everybody(send, times=8)]

    accepted = [one.json() for one in replies if one.status_code == 200]
    accepted.sort(key=lambda one: -one["credits_remaining"])
    used = [one["credits_used"] for one in accepted]
    left = [one["credits_remaining"] for one in accepted]
    assert [credits, *left] == list(
        accumulate(used, lambda now, taken: now - taken, initial=credits)
    )
    refused = [one for one in replies if one.status_code != 200]
    assert {one.json()["error"]["code"] for one in refused} <= {"insufficient_credits"}
    assert bool(refused) is (credits == 100)
    with server.gateway() as gateway:
        account = gateway.inquiry.account_named("acme")
        statement = gateway.inquiry.account_statement(account.id)
    assert account.credits == statement.total == left[-1]
    told = [message["message_id"] for one in accepted for message in one["messages"]]
    assert sorted(told) == [f"msg_{one.message.id:016x}" for one in server.stored()]
