"""A fast channel claims several messages at a time, and holds none for longer than a moment."""

from collections.abc import Callable

import pytest

from smscore import Gateway
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId
from smscore.ports.transport import SendJob, SendReceipt
from smscore.testing import FakeTransport, ManualClock


class TimedNetwork(FakeTransport):
    """A network that takes some time for each message; ``meanwhile`` happens in that time."""

    clock: ManualClock
    seconds = 0.005
    seen: list[int]  # how many messages were claimed, by each send
    meanwhile: Callable[[], None] = staticmethod(lambda: None)
    look: Callable[[], int] = staticmethod(lambda: 0)

    def send(self, job: SendJob) -> SendReceipt:
        receipt = super().send(job)
        self.clock.move(seconds=self.seconds)
        self.seen.append(self.look())
        self.meanwhile()
        return receipt


@pytest.fixture
def network(networks: dict[str, FakeTransport], clock: ManualClock) -> TimedNetwork:
    network = TimedNetwork(name="one")
    network.clock, network.seen = clock, []
    networks["one"] = network
    return network


@pytest.fixture
def gateway(make_gateway: Callable[..., Gateway], network: TimedNetwork) -> Gateway:
    gateway = make_gateway(one={})
    gateway.administration.credit("acme", 1000, why="test")
    network.look = lambda: len(gateway.inquiry.messages(statuses=[Status.SENDING], limit=100))
    return gateway


def submit(gateway: Gateway, count: int) -> list[MessageId]:
    return [
        gateway.submissions.submit(account="acme", to="+491701234567", text=f"{n}").message
        for n in range(count)
    ]


def statuses(gateway: Gateway, messages: list[MessageId]) -> list[Status]:
    return [gateway.inquiry.message(message).delivery.status for message in messages]


def test_a_fast_channel_claims_more_and_more_at_a_time(
    gateway: Gateway, network: TimedNetwork
) -> None:
    messages = submit(gateway, 40)
    gateway.run_pending()

    assert statuses(gateway, messages) == [Status.SENT] * 40
    assert [job.message for job in network.jobs] == messages
    assert network.seen[:7] == [1, 2, 1, 4, 3, 2, 1]
    assert max(network.seen) == 16


def test_a_slow_channel_claims_what_it_sends_now(gateway: Gateway, network: TimedNetwork) -> None:
    network.seconds = 4.0
    submit(gateway, 5)
    gateway.run_pending()

    assert network.seen == [1] * 5


def test_a_channel_that_has_become_slow_gives_back_what_it_claimed(
    gateway: Gateway, network: TimedNetwork
) -> None:
    submit(gateway, 15)
    gateway.run_pending()
    network.seconds = 4.0
    messages = submit(gateway, 5)
    network.seen.clear()
    gateway.run_pending()

    assert network.seen == [5, 1, 1, 1, 1]
    assert statuses(gateway, messages) == [Status.SENT] * 5
    story = [event.kind for event in gateway.inquiry.explain(messages[-1]).events]
    assert story == [
        "message.queued",
        "message.sending",
        "message.released",
        "message.sending",
        "message.sent",
    ]
    assert gateway.inquiry.message(messages[-1]).delivery.attempts == 1


def test_a_channel_that_is_paused_meanwhile_begins_nothing_more(
    gateway: Gateway, network: TimedNetwork
) -> None:
    submit(gateway, 15)
    gateway.run_pending()
    messages = submit(gateway, 5)
    network.meanwhile = lambda: gateway.administration.set_channel_mode("one", ChannelMode.PAUSED)
    gateway.run_pending()

    assert statuses(gateway, messages) == [Status.SENT] + [Status.QUEUED] * 4


def test_a_channel_that_can_send_no_more_keeps_nothing_back(
    gateway: Gateway, network: TimedNetwork
) -> None:
    submit(gateway, 15)
    gateway.run_pending()
    messages = submit(gateway, 5)

    def fall_silent() -> None:
        network.is_able = False

    network.meanwhile = fall_silent
    gateway.run_pending()

    assert statuses(gateway, messages) == [Status.SENT] + [Status.QUEUED] * 4
