"""
Measures one gateway from within, through its services; prints JSON.

The arguments are the gateway's directory, how many messages wait there, the oldest of their ids,
and the step between two ids. The collector of garbage is set up as the bundled server does it.
"""

import asyncio
import gc
import json
import os
import random
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import smscore
from smscore import GatewayConfig
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.gateway import Gateway
from smscore.ports.storage import Lane, UnitOfWork
from smscore.services.submission import Item, Submission
from smscore_http import Surfaces
from smscore_http._proxies import Proxies
from smscore_http._requests import Request

_CLAIM = 200
_CLAIMS = 20
_LOOK_UPS = 1_000
_PAGES = 5
_COUNTS = 3
_FOLLOWED = 100  # events at once
_SUBMISSIONS = 4_000
_AT_A_TIME = 32  # submissions under way, as from as many clients


def main() -> None:
    """Measure everything."""
    directory, count, oldest, step = Path(sys.argv[1]), *map(int, sys.argv[2:])
    with smscore.build(GatewayConfig.from_toml(directory / "smscore.toml")) as gateway:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 50, 100)
        _submit(gateway, _SUBMISSIONS // 10)  # warms up, opens connections
        measured = {
            "claimable": _median_ms(lambda: _offered(gateway), times=_CLAIMS),
            "fetch": _median_ms(lambda: _fetch(gateway), times=_CLAIMS),
            "poll": _polled(gateway),
            "get": _looked_up(gateway, count=count, oldest=oldest, step=step),
            "page": _median_ms(lambda: _page(gateway), times=_CLAIMS),
            "queued": _median_ms(lambda: _page(gateway, Status.QUEUED), times=_PAGES),
            "follow": _followed(gateway, count=count),
            "again": _asked_again(gateway, count=count),
            "queues": _median_ms(lambda: _queues(gateway), times=_COUNTS),
            "tally": _median_ms(lambda: _tally(gateway), times=_COUNTS),
        }
        os.sync()
        measured["submit"] = _submit(gateway, _SUBMISSIONS)
    print(json.dumps(measured))


def _submit(gateway: Gateway, count: int) -> float:
    """Messages a second, each a request of its own."""
    account = gateway.inquiry.account_named("bench").id
    under_way: deque[Future[Receipt]] = deque()
    started = time.perf_counter()
    for number in range(count):
        if len(under_way) == _AT_A_TIME:
            under_way.popleft().result()
        item = Item(to=f"+49171{number:07d}", text=f"Your code is {number:06d}")
        under_way.append(
            gateway.submissions.begin(
                Submission(account=account, surface=Surface.PROVIDER, items=(item,))
            )
        )
    for future in under_way:
        future.result()
    return count / (time.perf_counter() - started)


def _offered(gateway: Gateway) -> float:
    """Seconds of the claim's query alone, without moving or writing anything."""
    channel = gateway.inquiry.account_named("bench").phone_queue

    def look(work: UnitOfWork) -> float:
        started = time.perf_counter()
        offered = work.outbox.claimable(channel, limit=_CLAIM)
        taken = time.perf_counter() - started
        assert len(offered) == _CLAIM
        return taken

    _forget(gateway)
    return gateway.store.run(look, lane=Lane.CUSTODY).result()


def _forget(gateway: Gateway) -> None:
    """Let the store forget what it has just read: who claims has not seen the messages yet."""

    def undone(work: UnitOfWork) -> None:
        work.journal.put(channel="bench", key="undone", value=b"")
        raise LookupError

    with suppress(LookupError):
        gateway.store.run(undone, lane=Lane.CUSTODY).result()


def _fetch(gateway: Gateway) -> float:
    """Seconds of a phone's whole fetch: query, 200 moves and their events, commit."""
    account = gateway.inquiry.account_named("bench").id
    started = time.perf_counter()
    fetched = gateway.pickup.fetch(account, limit=_CLAIM)
    taken = time.perf_counter() - started
    assert len(fetched) == _CLAIM
    return taken


def _polled(gateway: Gateway) -> float:
    """Milliseconds of ``get_messages`` from the request to the bytes of the answer."""
    token = gateway.administration.token("bench").secret
    scope = {"method": "GET", "headers": [], "query_string": b"limit=%d" % _CLAIM}
    proxies = Proxies.of(gateway.config.http)
    request = Request(scope, _nothing, path=f"/api/{token}/get_messages", proxies=proxies)
    surfaces = Surfaces(gateway)
    with asyncio.Runner() as runner:

        def poll() -> float:
            started = time.perf_counter()
            reply = runner.run(surfaces.answer(request))
            taken = time.perf_counter() - started
            assert reply.body.count(b'"hash"') == _CLAIM, reply
            return taken

        milliseconds = _median_ms(poll, times=_CLAIMS)
    surfaces.close()
    return milliseconds


async def _nothing() -> dict[str, object]:
    return {"type": "http.request"}


def _looked_up(gateway: Gateway, *, count: int, oldest: int, step: int) -> float:
    """Milliseconds of ``GET`` by id without HTTP, anywhere in the table."""
    account = gateway.inquiry.account_named("bench").id
    places = random.Random(count)

    def look() -> float:
        message = MessageId(oldest + step * places.randrange(count))
        started = time.perf_counter()
        gateway.inquiry.message(message, account=account)
        return time.perf_counter() - started

    return _median_ms(look, times=_LOOK_UPS)


def _page(gateway: Gateway, *statuses: Status) -> float:
    """Seconds of a page of fifty messages of an account, newest first."""
    account = gateway.inquiry.account_named("bench").id
    started = time.perf_counter()
    found = gateway.inquiry.messages(account=account, statuses=statuses, limit=50)
    taken = time.perf_counter() - started
    assert len(found) == 50
    return taken


def _followed(gateway: Gateway, *, count: int) -> float:
    """Milliseconds of a hundred events behind a cursor that is anywhere."""
    places = random.Random(count)

    def look() -> float:
        cursor = places.randrange(max(1, count - _FOLLOWED))
        started = time.perf_counter()
        found = gateway.store.read(lambda view: view.events.since(cursor, limit=_FOLLOWED))
        taken = time.perf_counter() - started
        assert len(found) == _FOLLOWED
        return taken

    return _median_ms(look, times=_LOOK_UPS // 5)


def _asked_again(gateway: Gateway, *, count: int) -> float:
    """Milliseconds of a request whose key is among those of all the messages."""
    account = gateway.inquiry.account_named("bench").id
    places = random.Random(count)

    def ask() -> float:
        key = f"key {places.randrange(count - 1):08d}"
        submission = Submission(
            account=account,
            surface=Surface.PROVIDER,
            items=(Item(to="+491701234567", text="Your code is 123456"),),
            idempotency_key=key,
        )
        started = time.perf_counter()
        receipt = gateway.submissions.begin(submission).result()
        taken = time.perf_counter() - started
        assert receipt.is_replay
        return taken

    return _median_ms(ask, times=_LOOK_UPS // 5)


def _queues(gateway: Gateway) -> float:
    """Seconds of what ``channel list`` and the metrics ask for: how long each queue is."""
    started = time.perf_counter()
    found = gateway.inquiry.channels()
    taken = time.perf_counter() - started
    assert any(one.queued for one in found)
    return taken


def _tally(gateway: Gateway) -> float:
    """Seconds of the counts of all messages, which a status page shows."""
    since = gateway.clock.now() - timedelta(hours=24)
    started = time.perf_counter()
    tally = gateway.inquiry.tally(since=since)
    taken = time.perf_counter() - started
    assert tally.queued
    return taken


def _median_ms(act: Callable[[], float], *, times: int) -> float:
    act()  # warms up
    return statistics.median(act() for _ in range(times)) * 1000


if __name__ == "__main__":
    main()
