"""
Connections of the bundled server: what they may cost, and how they end.

Head and body of an answer leave together. A request must arrive within some time, or its connection
is closed, and so is that of a client that does not take its answer: uvicorn would wait for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

__all__ = ["Connection", "Connections", "JoiningTransport"]


class Connections(ServerState):
    """
    All that are open. ``are_last``: each answer is the last on its connection, and says so.
    """

    def __init__(self) -> None:
        super().__init__()
        self.are_last = False

    def let_go(self) -> None:
        """From now on answers are the last on their connections, also those under way."""
        self.are_last = True
        for one in self.connections:
            if isinstance(one, Connection):
                one.end_after_this()


class Connection(HttpToolsProtocol):
    """uvicorn's, over a transport that joins what it writes, with an end to patience."""

    head_seconds = 15.0
    """From the connection, or the first octet after an answer, to the end of a request's head."""
    body_seconds = 60.0
    """From the end of the head to that of the body, of which there is a megabyte at most."""
    answer_seconds = 60.0
    """In which a client takes some of what it was answered, and after the end the rest of it."""

    server_state: Connections
    _awaited: str | None = None  # what the client is awaited to end: its head, its body, nothing
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None  # while the client does not take what it was sent

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's
        joining = JoiningTransport(transport, self.loop, patience=self.answer_seconds)
        super().connection_made(joining)
        self._await("head")

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None)
        self._look_forward()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        awaited: str | None = None
        if cycle is None or cycle.response_complete:
            awaited = "head"
        elif cycle.more_body:
            awaited = "body"
        if awaited != self._awaited:
            self._await(awaited)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.server_state.are_last:
            self.end_after_this()

    def on_response_complete(self) -> None:
        if self.cycle.response_complete:  # else the next one is there already
            self._await(None)
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._look_forward()

    def end_after_this(self) -> None:
        """The answer under way, if there is one, says that it is the last."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:
            cycle.keep_alive = False

    def _await(self, awaited: str | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._awaited = awaited
        if awaited is not None:
            seconds = self.head_seconds if awaited == "head" else self.body_seconds
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _look_forward(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _give_up(self) -> None:
        if self.flow.read_paused:  # then it is not the client that is slow
            self._await(self._awaited)
        else:
            self.transport.abort()


class JoiningTransport(asyncio.Transport):
    """
    Holds a piece until the next one comes, or the loop's next turn.

    uvicorn writes the head of an answer and then its body; each by itself would be a call of the
    kernel, a packet and a wake-up of the client, together a tenth of what a message costs.

    ``patience`` is how many seconds a client has after the end to take what is left for it.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, *, patience: float
    ) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._patience = patience
        self._held: Any = b""

    def write(self, data: Any) -> None:
        held, self._held = self._held, b""
        if held:
            self._transport.write(b"".join((held, data)))
        else:
            self._held = data
            self._loop.call_soon(self._release)

    def close(self) -> None:
        self._release()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._loop.call_later(self._patience, self._transport.abort)

    def abort(self) -> None:
        self._held = b""
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self.is_closing():
            self._transport.write(held)
