"""
The server as operators run it, and clients of both kinds that one test can use alike.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The server and the proxy are modules beside the tests, which are no package.
HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "http")]

from flaky import FlakyProxy  # noqa: E402  # see above
from server_process import Server  # noqa: E402  # see above

from smscore_client import AsyncClient, Client  # noqa: E402  # see above


class Blocking:
    """An asynchronous client, or a part of it, as if it blocked."""

    def __init__(self, thing: Any, runner: asyncio.Runner) -> None:
        self._thing = thing
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        return self._called(found) if inspect.isroutine(found) else Blocking(found, self._runner)

    def __iter__(self) -> Iterator[Any]:
        each = aiter(self._thing)
        while (one := self._wait(anext(each, None))) is not None:
            yield one

    def __repr__(self) -> str:
        return repr(self._thing)

    def _called(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            found = function(*arguments, **options)
            if inspect.isawaitable(found):
                return self._wait(found)
            return Blocking(found, self._runner)

        return call

    def _wait(self, awaitable: Any) -> Any:
        async def wait() -> Any:
            return await awaitable

        return self._runner.run(wait())


@pytest.fixture(params=["blocking", "asynchronous"])
def make_client(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Makes clients of the one kind, and in a second test of the other one."""
    made: list[Any] = []
    with asyncio.Runner() as runner:

        def make(key: str, **options: Any) -> Any:
            if request.param == "blocking":
                made.append(Client(key, **options))
            else:
                if "sleep" in options:
                    options["sleep"] = _awaited(options["sleep"])
                made.append(Blocking(AsyncClient(key, **options), runner))
            return made[-1]

        yield make
        for client in made:
            client.close()


def _awaited(sleep: Callable[[float], object]) -> Callable[[float], Any]:
    async def wait(seconds: float) -> None:
        sleep(seconds)

    return wait


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests: each has an account of its own."""
    directory = tmp_path_factory.mktemp("server")
    with Server(directory, config='[webhooks]\nallow = ["127.0.0.0/8"]\n') as server:
        yield server


@pytest.fixture
def make_key(server: Server, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Makes the test's account, and a key for it."""

    def make(**account: Any) -> str:
        with server.gateway() as gateway:
            name = f"account-{len(gateway.inquiry.accounts())}"
            gateway.administration.create_account(
                name, **{"tariff": "unlimited", "credits": 1000, "home_country": "DE", **account}
            )
            return gateway.administration.create_key(name).secret

    return make


@pytest.fixture
def key(make_key: Callable[..., str]) -> str:
    return make_key()


@pytest.fixture
def client(make_client: Callable[..., Any], server: Server, key: str) -> Any:
    return make_client(key, base_url=server.url)


@pytest.fixture
def proxy(server: Server) -> Iterator[FlakyProxy]:
    proxy = FlakyProxy(server.url)
    yield proxy
    proxy.close()
