"""
The request that is being answered, as lines of the log know it.
"""

import base64
from collections.abc import Iterator
from contextlib import closing
from contextvars import copy_context
from typing import Any

import pytest

from smscore import GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.testing import MemoryStore
from smscore_http import current_request
from smscore_http._context import Context
from smscore_http._current import keep_secret, now_for
from smscore_http._proxies import Proxies
from smscore_http._requests import Request


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """No test leaves a request behind."""
    before = current_request()
    yield
    assert current_request() is before


def a_request(path: str = "/", *, query: bytes = b"", **headers: bytes) -> Request:
    scope = {"method": "GET", "headers": [*headers.items()], "query_string": query}
    named = [(name.encode(), value) for name, value in headers.items()]

    async def receive() -> dict[str, Any]:
        return {}

    return Request({**scope, "headers": named}, receive, path=path, proxies=Proxies(()))


@pytest.mark.parametrize(
    ("request_", "secrets"),
    [
        (a_request(), ()),
        (a_request(authorization=b"Bearer sk_hush-word"), ("sk_hush-word",)),
        (
            a_request(authorization=b"Basic " + base64.b64encode(b"anna:hush-word")),
            (base64.b64encode(b"anna:hush-word").decode(), "hush-word"),
        ),
        (a_request(authorization=b"hush-word"), ("hush-word",)),
        (a_request(authorization=b"Basic %%%"), ()),
        (
            a_request(query=b"to=1&Password=hush%2Dword&text=hi"),
            ("hush-word", "hush%2Dword"),
        ),
        (a_request("/api/hush-word/queue"), ("hush-word",)),
        (a_request("/v1/messages/x"), ()),
    ],
)
def test_what_a_caller_logs_in_with_is_known(request_: Request, secrets: tuple[str, ...]) -> None:
    assert copy_context().run(lambda: now_for(request_).secrets) == secrets


def test_words_can_be_added_and_very_short_ones_are_no_secrets() -> None:
    def told() -> tuple[str, ...]:
        current = now_for(a_request())
        for word in ("hush-word", "abc", "hush-word"):
            keep_secret(word)
        return current.secrets

    assert copy_context().run(told) == ("hush-word",)
    keep_secret("outside of any request")


def test_an_id_stays_the_same_and_is_of_one_request() -> None:
    one, other = (copy_context().run(now_for, a_request()) for _ in range(2))

    assert one.id == one.id != other.id
    assert len(one.id) == 16


def test_calls_on_other_threads_are_about_the_same_request() -> None:
    gateway = build(GatewayConfig(plugins=PluginsConfig(enabled=())), store=MemoryStore())
    with gateway, closing(Context(gateway)) as context:

        def called() -> bool:
            current = now_for(a_request())
            return context.start(current_request).result(30) is current

        assert copy_context().run(called)
        assert context.start(current_request).result(30) is None
