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
from pathlib import Path

import smscore
from smscore import GatewayConfig
from smscore.domain.messages import MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.gateway import Gateway
from smscore.ports.storage import Lane, UnitOfWork
from smscore.services.submission import Item, Submission
from smscore_http import Surfaces
from smscore_http._requests import Request

_CLAIM = 200
_CLAIMS = 20
_LOOK_UPS = 1_000
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

    return gateway.store.run(look, lane=Lane.CUSTODY).result()


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
    request = Request(scope, _nothing, path=f"/api/{token}/get_messages")
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


def _median_ms(act: Callable[[], float], *, times: int) -> float:
    act()  # warms up
    return statistics.median(act() for _ in range(times)) * 1000


if __name__ == "__main__":
    main()
