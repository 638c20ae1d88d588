"""
Any order of losses, repetitions, refusals, doubts, late reports and new lives.
"""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strict_server import LOST, UNHEARD, Answer, StrictServer

from smscore import GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import ReportOutcome
from smscore.domain.numbers import PhoneNumber
from smscore.errors import Indeterminate, PermanentFailure
from smscore.testing import FakeTransport, MemoryStore, PlainAuthenticator
from smscore_agent import Agent, AgentOptions

FATES = ("taken", "refused", "in doubt")
MISHAPS = (LOST, UNHEARD, Answer(500), Answer(429, headers={"Retry-After": "0"}))

queued = st.tuples(st.just("queue"), st.sampled_from(FATES))
requeued = st.tuples(st.just("requeue"), st.integers(0, 3))
reported = st.tuples(st.just("report"), st.integers(0, 3), st.booleans())
lived = st.tuples(
    st.just("live"),
    st.lists(st.sampled_from(MISHAPS), max_size=2),
    st.lists(st.sampled_from(MISHAPS), max_size=2),
)


class LastingStore(MemoryStore):
    """Is there for the next life as well."""

    def close(self) -> None:
        """Its data stay."""


class World:
    """One server, one network, and one life of the agent after the other."""

    def __init__(self, server: StrictServer, directory: Path) -> None:
        self.server, self._directory = server, directory
        self.server.messages.clear()
        self.store = LastingStore()
        self.network = FakeTransport()
        self.fates: dict[str, str] = {}

    def queue(self, fate: str) -> None:
        number = PhoneNumber(f"+49170{len(self.fates):07}")
        if fate == "refused":
            self.network.fail_for[number] = PermanentFailure("never")
        elif fate == "in doubt":
            self.network.fail_for[number] = Indeterminate("no answer")
        (key,) = self.server.queue(f"text {len(self.fates)}", phone=number.value)
        self.fates[key] = fate

    def requeue(self, place: int) -> None:
        handed_out = [one for one in self.server.messages.values() if one.status]
        if handed_out:
            handed_out[place % len(handed_out)].status = 0

    def report(self, place: int, is_delivered: bool) -> None:  # noqa: FBT001  # as it was drawn
        if self.network.sent:
            message = list(self.network.sent)[place % len(self.network.sent)]
            outcome = ReportOutcome.DELIVERED if is_delivered else ReportOutcome.FAILED
            self.network.report(message, outcome)

    def live(self, fetching: list[object], telling: list[object]) -> None:
        self.server.script("get_messages", *fetching)
        self.server.script("status", *telling)
        config = GatewayConfig(plugins=PluginsConfig(enabled=()), directory=self._directory)
        options = AgentOptions(
            server=self.server.url, delivery_patience=0, reconnect_delay=0.01, batch=200
        )
        with build(
            config,
            store=self.store,
            transports={"fake": self.network},
            authenticator=PlainAuthenticator(self.store),
        ) as gateway:
            Agent(gateway, options, token=lambda: self.server.token).run_once(patience=0.15)
        self.server.forget_script()

    def is_settled(self, key: str) -> bool:
        """Whether the server has heard what it can hear of a message, and nothing else."""
        status = self.server.messages[key].status
        return status in {"taken": (2, 3), "refused": (3,), "in doubt": (1,)}[self.fates[key]]

    def left(self) -> Counter[str]:
        """How often each text was given to the network and not refused."""
        number_of = {one.hash: one.phone for one in self.server.messages.values()}
        kept = {number_of[key] for key, fate in self.fates.items() if fate != "refused"}
        return Counter(job.text for job in self.network.jobs if job.recipient.value in kept)


@pytest.fixture(scope="module")
def shared():
    with StrictServer().running() as server:
        yield server


@settings(max_examples=settings().max_examples // 5)
@given(steps=st.lists(st.one_of(queued, queued, requeued, reported, lived), max_size=12))
def test_in_any_order_each_text_leaves_once_and_the_server_hears_the_truth(
    steps, shared, tmp_path_factory
):
    world = World(shared, tmp_path_factory.getbasetemp())
    for step, *arguments in steps:
        getattr(world, step)(*arguments)

    for one in world.server.messages.values():
        one.status = 0 if one.status == 1 else one.status
    for _ in range(40):  # a busy machine may need several
        world.live([], [])
        if all(world.is_settled(key) for key in world.fates):
            break

    assert max(world.left().values(), default=0) <= 1
    for key, fate in world.fates.items():
        assert world.is_settled(key)
        if fate == "taken":
            assert world.left()[world.server.messages[key].text] == 1
