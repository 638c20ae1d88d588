"""Senders, and endpoints for them."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from endpoints import OK, Endpoint

from smscore.ports.webhooks import Call
from smscore_webhook._sender import HttpSender
from smscore_webhook._targets import Targets


@pytest.fixture
def endpoint() -> Iterator[Callable[..., Endpoint]]:
    """Makes endpoints that answer with these bytes, or behave like this."""
    made: list[Endpoint] = []

    def make(behave: bytes | Callable[[socket.socket], bool | None] = OK, **place: Any) -> Endpoint:
        def answer(connection: socket.socket) -> bool | None:
            if callable(behave):
                return behave(connection)
            connection.sendall(behave)
            return True

        made.append(Endpoint(answer, **place))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def make_sender() -> Iterator[Callable[..., HttpSender]]:
    made: list[HttpSender] = []

    def make(*allow: str, patience: float = 5.0, **options: Any) -> HttpSender:
        made.append(HttpSender(targets=Targets(allow), patience=patience, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def sender(make_sender: Callable[..., HttpSender]) -> HttpSender:
    return make_sender("127.0.0.0/8", "::1/128")


@pytest.fixture
def a_call() -> Callable[..., Call]:
    def a_call(url: str, body: bytes = b"{}") -> Call:
        return Call(
            url=url,
            event_id="evt_1",
            sequence=1,
            body=body,
            secrets=("whsec_dGVzdA==",),
            at=datetime(2026, 3, 1, tzinfo=UTC),
        )

    return a_call
