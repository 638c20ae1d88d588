"""
The alarms of requests, on a loop whose time is the test's.
"""

import asyncio

import pytest

from smscore_http._alarms import Alarms


class Clockwork(asyncio.SelectorEventLoop):
    """Its time passes as fast as it is waited for."""

    def __init__(self):
        super().__init__()
        self.passed = 0.0

    def time(self):
        return self.passed

    def _run_once(self):
        if self._scheduled and not self._ready:
            self.passed = max(self.passed, self._scheduled[0].when())
        super()._run_once()


def run(coroutine):
    with asyncio.Runner(loop_factory=Clockwork) as runner:
        return runner.run(coroutine())


def test_an_alarm_rings_soon_after_its_time():
    async def wait():
        loop = asyncio.get_running_loop()
        rung = loop.create_future()
        alarm = Alarms(loop).at(loop.time() + 4, lambda: rung.set_result(loop.time()))
        return await rung, alarm.has_rung

    at, has_rung = run(wait)

    assert 4 <= at <= 4.05
    assert has_rung


def test_one_that_is_called_off_does_not_ring():
    async def wait():
        loop = asyncio.get_running_loop()
        rung = []
        alarms = Alarms(loop)
        early = alarms.at(1, lambda: rung.append("early"))
        alarms.at(2, lambda: rung.append("late"))
        alarms.call_off(early)
        await asyncio.sleep(3)
        return rung, early.has_rung

    assert run(wait) == (["late"], False)


def test_each_rings_once_however_they_are_ordered():
    async def wait():
        loop = asyncio.get_running_loop()
        rung = []
        alarms = Alarms(loop)
        for end in (3, 1, 2):
            alarms.at(end, lambda end=end: rung.append(end))
        await asyncio.sleep(5)
        return rung

    assert run(wait) == [1, 2, 3]


def test_one_is_set_again_after_the_last_has_gone():
    async def wait():
        loop = asyncio.get_running_loop()
        rung = []
        alarms = Alarms(loop)
        alarms.call_off(alarms.at(1, lambda: rung.append("never")))
        await asyncio.sleep(5)
        alarms.at(loop.time() + 1, lambda: rung.append(loop.time()))
        await asyncio.sleep(5)
        return rung

    assert run(wait) == [pytest.approx(6, abs=0.05)]


def test_a_loop_without_alarms_is_left_alone():
    async def wait():
        loop = asyncio.get_running_loop()
        alarms = Alarms(loop)
        alarms.call_off(alarms.at(1, lambda: None))
        await asyncio.sleep(5)
        return len(loop._scheduled)

    assert run(wait) == 0
