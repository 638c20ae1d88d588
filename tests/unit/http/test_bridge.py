"""
The bridge between other threads' futures and an event loop.
"""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from smscore.errors import NoRoute, StoreUnavailable
from smscore_http._bridge import Bridge


class CountingLoop(asyncio.SelectorEventLoop):
    """Counts how often other threads have woken it."""

    wakes = 0

    def call_soon_threadsafe(self, *arguments, **options):
        self.wakes += 1
        return super().call_soon_threadsafe(*arguments, **options)


def run(coroutine, loop=None):
    with asyncio.Runner(loop_factory=lambda: loop) if loop else asyncio.Runner() as runner:
        return runner.run(coroutine())


def test_a_result_arrives_from_another_thread():
    async def ask():
        with ThreadPoolExecutor(1) as pool:
            return await Bridge(asyncio.get_running_loop()).wait(pool.submit(lambda: 7))

    assert run(ask) == 7


def test_a_result_that_is_there_already_arrives_too():
    async def ask():
        done: Future[int] = Future()
        done.set_result(7)
        return await Bridge(asyncio.get_running_loop()).wait(done)

    assert run(ask) == 7


def test_an_exception_arrives_as_it_is():
    async def ask():
        done: Future[int] = Future()
        done.set_exception(NoRoute("nowhere"))
        await Bridge(asyncio.get_running_loop()).wait(done)

    with pytest.raises(NoRoute):
        run(ask)


def test_a_cancelled_future_did_not_do_its_work():
    async def ask():
        cancelled: Future[int] = Future()
        cancelled.cancel()
        await Bridge(asyncio.get_running_loop()).wait(cancelled)

    with pytest.raises(StoreUnavailable):
        run(ask)


def test_many_results_wake_the_loop_once():
    loop = CountingLoop()

    async def ask():
        bridge = Bridge(loop)
        futures = [Future() for _ in range(100)]
        waiters = [bridge.wait(future) for future in futures]
        for number, future in enumerate(futures):
            future.set_result(number)
        return await asyncio.gather(*waiters), loop.wakes

    results, wakes = run(ask, loop)

    assert results == list(range(100))
    assert wakes == 1


def test_no_result_is_lost_among_many_threads():
    async def ask():
        bridge = Bridge(asyncio.get_running_loop())
        with ThreadPoolExecutor(8) as pool:
            waiters = [bridge.wait(pool.submit(abs, -number)) for number in range(2000)]
            return await asyncio.wait_for(asyncio.gather(*waiters), 10)

    assert run(ask) == list(range(2000))


def test_a_waiter_that_was_cancelled_is_left_alone():
    async def ask():
        bridge = Bridge(asyncio.get_running_loop())
        future: Future[int] = Future()
        waiter = bridge.wait(future)
        waiter.cancel()
        future.set_result(7)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return waiter.cancelled(), future.result()

    assert run(ask) == (True, 7)


def test_a_result_for_a_closed_loop_is_dropped():
    loop = asyncio.new_event_loop()
    future: Future[int] = Future()
    Bridge(loop).wait(future)
    loop.close()

    future.set_result(7)

    assert future.result() == 7
