import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from databases import new_database

from smscore import Gateway, GatewayConfig, build
from smscore.testing import FakeTransport
from smscore_agent import Agent, AgentOptions

# The other server is a module beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("strict_server")

from strict_server import StrictServer  # noqa: E402  # see above


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer().running() as server:
        yield server


@pytest.fixture
def network() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    new_database(tmp_path / "smscore.db")
    return GatewayConfig(directory=tmp_path)


class Life:
    """An agent from its start to its end; the next one finds the same store."""

    def __init__(self, agent: Agent, gateway: Gateway) -> None:
        self.agent = agent
        self.gateway = gateway

    def once(self, patience: float = 5.0) -> tuple[int | None, int, int, int]:
        """Fetched, delivered, failed, left."""
        balance = self.agent.run_once(patience=patience)
        return balance.fetched, balance.delivered, balance.failed, balance.left

    def until(self, condition: Callable[[], bool]) -> tuple[int | None, int, int, int]:
        """The same, stopped as soon as something is so, which nobody announces."""
        pause = threading.Event()
        with ThreadPoolExecutor(max_workers=1) as executor:
            balance = executor.submit(self.once, 30)
            while not condition() and not balance.done():
                pause.wait(0.01)
            self.agent.stop()
            return balance.result()


@pytest.fixture
def begin(
    server: StrictServer, network: FakeTransport, config: GatewayConfig
) -> Iterator[Callable[..., Life]]:
    """Begins the next life of the agent; the one before is over then."""
    with ExitStack() as lives:

        def begin(**changes: Any) -> Life:
            lives.close()
            options = {
                "server": server.url,
                "delivery_patience": 0.0,
                "poll_every": 0.05,
                "reconnect_delay": 0.02,
            }
            token = changes.pop("token", lambda: server.token)
            gateway = lives.enter_context(build(config, transports={"fake": network}))
            return Life(Agent(gateway, AgentOptions(**options | changes), token=token), gateway)

        yield begin
