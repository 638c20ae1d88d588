import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from smscore_server._connections import JoiningTransport


class Wire(asyncio.Transport):
    """What left, in the pieces in which it did."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_write_buffer_size(self) -> int:
        return 0


@pytest.fixture
def during() -> Callable[[Callable[[JoiningTransport], None]], Wire]:
    """Does something in one turn of a loop, and lets another one pass."""

    def during(act: Callable[[JoiningTransport], None]) -> Wire:
        wire = Wire()

        async def turns() -> None:
            act(JoiningTransport(wire, asyncio.get_running_loop(), patience=60))
            await asyncio.sleep(0)

        asyncio.run(turns())
        return wire

    return during


def test_head_and_body_leave_together(during):
    def answer(transport):
        transport.write(b"head ")
        transport.write(bytearray(b"body"))

    assert during(answer).pieces == [b"head body"]


def test_what_stays_alone_leaves_with_the_next_turn(during):
    assert during(lambda transport: transport.write(b"100 continue")).pieces == [b"100 continue"]


def test_nothing_is_lost_and_nothing_overtakes(during):
    def answer(transport):
        for piece in (b"1", b"2", b"3", b"", b"4"):
            transport.write(piece)

    assert b"".join(during(answer).pieces) == b"1234"


def test_what_is_held_leaves_before_the_connection_is_closed(during):
    def answer(transport):
        transport.write(b"the end")
        transport.close()

    wire = during(answer)

    assert (wire.pieces, wire.is_closed) == ([b"the end"], True)


def test_a_connection_that_is_cut_off_gets_nothing_more(during):
    def answer(transport):
        transport.write(b"too late")
        transport.abort()

    assert during(answer).pieces == []


def test_what_the_client_no_longer_waits_for_is_dropped():
    wire = Wire()

    async def turns() -> None:
        JoiningTransport(wire, asyncio.get_running_loop(), patience=60).write(b"head")
        wire.close()
        await asyncio.sleep(0)

    asyncio.run(turns())

    assert wire.pieces == []
