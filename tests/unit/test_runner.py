"""
A running gateway: its threads do by themselves what ``run_pending`` does on request.
"""

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack

import attrs
import pytest

from smscore import Gateway, GatewayConfig, Grace, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import ProcessId, Status
from smscore.domain.events import Event
from smscore.domain.messages import MessageId
from smscore.domain.routes import Route
from smscore.errors import ConfigurationError, InvalidRequest, PluginError, StoreUnavailable
from smscore.hookspecs import hookimpl
from smscore.ports.policy import Observer
from smscore.ports.storage import Tracked
from smscore.ports.transport import ChannelHealth, Journal, SendJob, SendReceipt, TransportSink
from smscore.registry import Registry
from smscore.testing import FakeTransport, MemoryStore, PlainAuthenticator
from smscore.workers import Worker

NO_PLUGINS = GatewayConfig(plugins=PluginsConfig(enabled=()))


def a_gateway(
    network: FakeTransport, *, store: MemoryStore | None = None, **more: object
) -> Gateway:
    store = store or MemoryStore()
    gateway = build(
        NO_PLUGINS,
        store=store,
        transports={"fake": network},
        authenticator=PlainAuthenticator(store),
        **more,  # type: ignore[arg-type]
    )
    if not gateway.inquiry.accounts():
        gateway.administration.create_account("acme")
    return gateway


class SharedStore(MemoryStore):
    """One that bears several servers."""

    def become_server(self, process: ProcessId) -> bool:
        super().become_server(process)
        return False


def submit(gateway: Gateway) -> MessageId:
    return gateway.submissions.submit(account="acme", to="+491701234567", text="hi").message


class Recorder:
    """An observer that can be waited for."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self._changed = threading.Condition()

    @hookimpl
    def smscore_observers(self) -> list[Observer]:
        def break_down(event: Event) -> None:
            raise RuntimeError(event.kind)

        return [break_down, self.observe]

    def observe(self, event: Event) -> None:
        with self._changed:
            self.kinds.append(event.kind)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, 5)


def test_a_submitted_message_is_sent_without_anybody_asking() -> None:
    network = FakeTransport()
    with a_gateway(network) as gateway, gateway.running():
        message = submit(gateway)

        assert network.wait_for(lambda: message in network.sent)


def test_stopping_closes_the_channels_and_leaves_no_thread() -> None:
    network = FakeTransport()
    before = set(threading.enumerate())
    with a_gateway(network) as gateway:
        with gateway.running():
            pass

        assert network.is_closed
        assert set(threading.enumerate()) <= before


def test_a_gateway_can_run_again_after_it_was_stopped() -> None:
    network = FakeTransport()
    with a_gateway(network) as gateway:
        with gateway.running():
            pass
        with gateway.running():
            message = submit(gateway)

            assert network.wait_for(lambda: message in network.sent)


def test_a_running_gateway_cannot_be_run_once_more() -> None:
    with a_gateway(FakeTransport()) as gateway, gateway.running():
        with pytest.raises(RuntimeError, match="running already"), gateway.running():
            pass

        message = submit(gateway)
        assert gateway.inquiry.message(message)


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        (StoreUnavailable("the key file is another one"), 1),
        (ConfigurationError("the key file is damaged"), 1),
        (RuntimeError("a bug"), 2),
    ],
)
def test_what_an_operator_has_to_mend_is_said_once_and_a_bug_each_time(
    caplog: pytest.LogCaptureFixture, *, fault: Exception, lines: int
) -> None:
    tried: list[int] = []

    def step() -> int:
        tried.append(1)
        if len(tried) == 2:
            worker.ask_to_end()
        raise fault

    worker = Worker("channel a", step)
    worker.start()
    worker.finish()

    assert len(tried) == 2
    assert len(caplog.records) == lines
    assert all((record.exc_info is None) is (lines == 1) for record in caplog.records)


class Unopenable(FakeTransport):
    def __init__(self) -> None:
        super().__init__()
        self.tried = threading.Semaphore(0)

    def open(self, sink: TransportSink, journal: Journal) -> None:
        self.tried.release()
        raise OSError("no such device")


def test_a_channel_that_cannot_be_opened_leaves_no_other_open() -> None:
    first, store = FakeTransport(), MemoryStore()
    gateway = build(NO_PLUGINS, store=store, transports={"a": first, "b": Unopenable()})

    with (
        pytest.raises(
            PluginError, match="the channel 'b' cannot be opened: OSError: no such device"
        ),
        gateway.running(),
    ):
        pass

    assert first.is_closed


def test_a_channel_that_cannot_be_taken_over_keeps_no_other_from_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, broken, other = SharedStore(), Unopenable(), FakeTransport()

    def a_server(**transports: FakeTransport) -> Gateway:
        authenticator = PlainAuthenticator(store)
        return build(NO_PLUGINS, store=store, transports=transports, authenticator=authenticator)

    first, second = a_server(a=FakeTransport(), b=FakeTransport()), a_server(a=broken, b=other)
    with ExitStack() as running:
        with first.running():
            running.enter_context(second.running())
            assert second.is_elsewhere("a")
        for _ in range(3):  # to take it over
            assert broken.tried.acquire(timeout=30)

        assert (second.is_elsewhere("a"), second.is_elsewhere("b")) == (True, False)
        assert [one.getMessage() for one in caplog.records] == [
            "what this server has the right to could not be begun or ended"
        ]


def test_observers_are_told_after_the_commit_and_one_that_raises_stops_nobody() -> None:
    recorder = Recorder()
    with a_gateway(FakeTransport(), plugins=[recorder]) as gateway, gateway.running():
        assert recorder.wait_for(lambda: True)
        submit(gateway)

        assert recorder.wait_for(lambda: "message.sent" in recorder.kinds)


class Held:
    """An observer that does not come back from its first event until it may."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, event: Event) -> None:
        self.told.append(event.kind)
        self.begun.set()
        self.go_on.wait()


def test_an_observer_that_does_not_come_back_keeps_nobody_from_stopping(
    caplog: pytest.LogCaptureFixture,
) -> None:
    network, held = FakeTransport(), Held()
    with a_gateway(network, grace=Grace(step=0.1)) as gateway:
        gateway.observe(held)
        stack = ExitStack()
        stack.enter_context(gateway.running())
        message = submit(gateway)
        assert network.wait_for(lambda: message in network.sent, timeout=10)
        assert held.begun.wait(10)
        (left,) = (one for one in threading.enumerate() if one.name == "smscore observers")

        stopping = threading.Thread(target=stack.close)
        stopping.start()
        stopping.join(30)
        if has_hung := stopping.is_alive():
            held.go_on.set()
        assert not has_hung
        assert network.is_closed
        assert "observers did not come back in time" in caplog.text
        held.go_on.set()
        left.join()
        assert len(held.told) == 1  # nor of what was read with the first one
        with gateway.running():
            submit(gateway)


def test_an_observer_that_would_exit_is_told_on_and_so_are_the_others() -> None:
    recorder = Recorder()

    def leave(event: Event) -> None:
        raise SystemExit(event.kind)

    with a_gateway(FakeTransport()) as gateway:
        gateway.observe(leave)
        gateway.observe(recorder.observe)
        submit(gateway)
        gateway.run_pending()

    assert recorder.kinds == ["message.queued", "message.sending", "message.sent"]


def test_an_observer_that_stops_its_gateway_is_told_that_it_cannot() -> None:
    refusals: list[RuntimeError] = []
    refused = threading.Event()
    network = FakeTransport()
    with a_gateway(network) as gateway:

        def stop(event: Event) -> None:
            try:
                gateway.close()
            except RuntimeError as refusal:
                refusals.append(refusal)
                refused.set()

        gateway.observe(stop, kinds=["message.sent"])
        with gateway.running():
            submit(gateway)
            assert refused.wait(10)

            assert "'smscore observers' is a thread of the gateway, and cannot stop it" in str(
                refusals[0]
            )
            message = submit(gateway)
            assert network.wait_for(lambda: message in network.sent, timeout=10)


def test_an_observer_of_one_kind_names_it_in_a_list() -> None:
    with (
        a_gateway(FakeTransport()) as gateway,
        pytest.raises(InvalidRequest, match=r"write \['message.sent'\]"),
    ):
        gateway.observe(lambda event: None, kinds="message.sent")


def test_an_observer_of_what_never_happens_is_refused_and_so_is_an_async_one() -> None:
    async def observe(event: Event) -> None:
        """Nobody would await it."""

    with a_gateway(FakeTransport()) as gateway:
        with pytest.raises(InvalidRequest, match=r"kind 'message.send'; the kinds are channel"):
            gateway.observe(lambda event: None, kinds=["message.sent", "message.send"])
        with pytest.raises(InvalidRequest, match=r"observe .* is async"):
            gateway.observe(observe)


class Stuck(FakeTransport):
    """A network whose driver does not come back from one of its methods until it may."""

    def __init__(self, *methods: str) -> None:
        super().__init__()
        self.methods = methods
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.closes = 0

    def open(self, sink: TransportSink, journal: Journal) -> None:
        self._wait("open")
        super().open(sink, journal)

    def send(self, job: SendJob) -> SendReceipt:
        _, journal = self._edges()
        if "send" in self.methods:
            journal.submitting(job, 1)
        self._wait("send")
        return super().send(job)

    def health(self) -> ChannelHealth:
        self._wait("health")
        return super().health()

    def close(self) -> None:
        self._wait("close")
        self.closes += 1
        super().close()

    def _wait(self, method: str) -> None:
        if method in self.methods:
            self.begun.set()
            self.go_on.wait()

    def let_go(self) -> None:
        """Everything ends that was left behind."""
        self.go_on.set()
        for thread in threading.enumerate():
            if thread.name.endswith((" stuck", "smscore monitoring")):
                thread.join()


def a_gateway_with(stuck: Stuck, other: FakeTransport, store: MemoryStore) -> Gateway:
    class Driver:
        @hookimpl
        def smscore_register_transports(self, registry: Registry) -> None:
            registry.transport(
                kind="driver",
                options=NoOptions,
                make=lambda name, options: stuck,
                capabilities=FakeTransport.capabilities,
            )

    channels = {"stuck": {"transport": "driver"}}
    gateway = build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}, "channels": channels}),
        store=store,
        transports={"other": other},
        authenticator=PlainAuthenticator(store),
        plugins=[Driver()],
        grace=Grace(step=0.1, transport=0.1, caller=0.1),
    )
    gateway.administration.create_account("acme")
    return gateway


@attrs.frozen
class NoOptions:
    """There is nothing to be said about a channel."""


def test_an_open_that_does_not_come_back_is_left_behind_and_undone_when_it_does() -> None:
    stuck, other = Stuck("open"), FakeTransport()
    before = set(threading.enumerate())
    with a_gateway_with(stuck, other, MemoryStore()) as gateway:
        with (
            pytest.raises(
                PluginError,
                match=r"'stuck' cannot be opened: open\(\) of the transport 'driver' of the plugin "
                r"'Driver' did not come back within 0.1 s and is left behind; let",
            ),
            gateway.running(),
        ):
            pass
        with (
            pytest.raises(PluginError, match=r"'stuck' .* again: open\(\) of .*'Driver' has not"),
            gateway.running(),
        ):
            pass

        stuck.let_go()
        assert stuck.closes == 1
        stuck.methods = ()
        with gateway.running():
            assert gateway.health("stuck").is_ready
    assert set(threading.enumerate()) <= before


def test_a_close_that_does_not_come_back_is_left_behind_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stuck, other = Stuck("close"), FakeTransport()
    with a_gateway_with(stuck, other, MemoryStore()) as gateway:
        with gateway.running():
            pass

        assert other.is_closed
        assert (
            "close() of the transport 'driver' of the plugin 'Driver' did not come back for the "
            "channel stuck and is left behind"
        ) in caplog.text
        with (
            pytest.raises(PluginError, match=r"'stuck' .* again: close\(\) of .*'Driver' has not"),
            gateway.running(),
        ):
            pass
        stuck.let_go()
        with gateway.running():
            pass


@pytest.mark.parametrize("method", ["send", "health"])
def test_what_a_transport_never_ends_keeps_nobody_from_stopping(
    caplog: pytest.LogCaptureFixture, method: str
) -> None:
    stuck = Stuck(method)
    with a_gateway_with(stuck, FakeTransport(), MemoryStore()) as gateway:
        gateway.rules.apply([Route(name="all", channels=("stuck",))])
        message = submit(gateway)
        with gateway.running():
            assert stuck.begun.wait(30)

        assert "channel stuck did not come back in time: left behind" in caplog.text
        status = gateway.inquiry.message(message).delivery.status
        assert status is (Status.INDETERMINATE if method == "send" else Status.QUEUED)
        with (
            pytest.raises(PluginError, match=r"'stuck' cannot be opened again: send\(\)"),
            gateway.running(),
        ):
            pass
        stuck.let_go()


def test_a_round_by_hand_while_the_threads_run_changes_nothing_for_them() -> None:
    stuck = Stuck("close")
    with a_gateway_with(stuck, FakeTransport(), MemoryStore()) as gateway:
        stack = ExitStack()
        stack.enter_context(gateway.running())
        gateway.run_pending()

        stopping = threading.Thread(target=stack.close)
        stopping.start()
        stopping.join(30)
        has_hung = stopping.is_alive()
        stuck.let_go()
        stopping.join()
        assert not has_hung


class Unclosable(FakeTransport):
    def close(self) -> None:
        raise OSError("the cable burns")


def test_a_channel_that_cannot_be_closed_keeps_no_other_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, other = MemoryStore(), FakeTransport()
    gateway = build(NO_PLUGINS, store=store, transports={"a": Unclosable(), "b": other})

    with gateway.running():
        pass

    assert other.is_closed
    assert "channel a could not be closed" in caplog.text
    with build(NO_PLUGINS, store=store, transports={"a": FakeTransport()}) as next_one:
        next_one.run_pending()


class Wordless(FakeTransport):
    """A network whose driver forgot to return what it should, and its marks as well."""

    has_marks = False

    def send(self, job: SendJob) -> SendReceipt:
        if self.has_marks:
            super().send(job)
        self.jobs.append(job)
        return None  # type: ignore[return-value]  # that is the point

    def health(self) -> ChannelHealth:
        return super().health() if self.is_able else {}  # type: ignore[return-value]  # as above


@pytest.mark.parametrize(("has_marks", "status"), [(False, Status.SCHEDULED), (True, Status.SENT)])
def test_what_a_transport_returns_without_a_receipt_is_decided_by_its_marks(
    has_marks: bool,  # noqa: FBT001  # a parameter of a test
    status: Status,
) -> None:
    network = Wordless()
    network.has_marks = has_marks
    with a_gateway(network) as gateway:
        message = submit(gateway)
        gateway.run_pending()

        delivery = gateway.inquiry.message(message).delivery
        assert (delivery.status, delivery.attempts) == (status, 1)


def test_a_transport_that_says_nonsense_of_its_health_is_not_ready() -> None:
    network = Wordless()
    network.is_able = False
    with a_gateway(network) as gateway:
        health = gateway.health("fake")

    assert not health.is_ready
    assert health.detail == (
        "its transport cannot say: TypeError: health() gave dict and no ChannelHealth"
    )


def test_what_a_dead_server_had_claimed_is_taken_over() -> None:
    store = MemoryStore()
    with a_gateway(FakeTransport(), store=store) as dead:
        message = submit(dead)
        (process,) = store.read(lambda view: view.processes.all())
        claimed = dead.inquiry.message(message).delivery.claimed(owner=process.id)
        store.run(lambda work: work.outbox.save(claimed)).result()
        assert dead.inquiry.message(message).delivery.status is Status.SENDING

        network = FakeTransport()
        heir = a_gateway(network, store=store)
        heir.run_pending()

        assert message in network.sent


def test_two_gateways_live_in_one_process() -> None:
    one, other = FakeTransport(), FakeTransport()
    with a_gateway(one) as first, a_gateway(other) as second:
        message = submit(first)
        first.run_pending()
        second.run_pending()

        assert (list(one.sent), list(other.sent)) == ([message], [])


class Slow(FakeTransport):
    """A network whose first part takes until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.closed_while_sending = False

    def send(self, job: SendJob) -> SendReceipt:
        _, journal = self._edges()
        for number in job.missing:
            journal.submitting(job, number)
            self.begun.set()
            self.go_on.wait(5)
            self.closed_while_sending = self.is_closed
            journal.accepted(job, number, str(number))
        return job.receipt({number: str(number) for number in job.missing})


def stop_while_sending(text: str) -> tuple[Slow, Tracked]:
    network, store = Slow(), MemoryStore()
    with a_gateway(network, store=store) as gateway:
        stack = ExitStack()
        stack.enter_context(gateway.running())
        message = gateway.submissions.submit(account="acme", to="+491701234567", text=text).message
        assert network.begun.wait(5)
        stopping = threading.Thread(target=stack.close)
        (first_to_end,) = (one for one in threading.enumerate() if one.name == "smscore rights")
        stopping.start()
        first_to_end.join(5)
        assert not first_to_end.is_alive()
        network.go_on.set()
        stopping.join(5)
        return network, gateway.inquiry.message(message)


def test_a_part_that_was_begun_gets_its_answer_before_the_channel_is_closed() -> None:
    network, tracked = stop_while_sending("hello")

    assert tracked.delivery.status is Status.SENT
    assert not network.closed_while_sending


def test_no_part_is_begun_while_stopping_and_the_message_is_handed_back_at_once() -> None:
    _, tracked = stop_while_sending("x" * 300)

    assert tracked.delivery.status is Status.QUEUED
    assert (tracked.delivery.accepted_parts, tracked.delivery.attempts) == ((1,), 0)


def test_nothing_is_taken_again_and_again_while_the_gateway_stops() -> None:
    network = FakeTransport()
    with a_gateway(network) as gateway:
        gateway.run_pending()
        message = submit(gateway)
        gateway._stopping.set()  # some of its threads take their time
        for _ in range(3):
            gateway._runner._dispatch.run_once("fake", network)

        story = gateway.store.read(lambda view: view.events.of(message))

    assert [event.kind for event in story] == ["message.queued"]
    assert network.jobs == []


def test_a_child_that_was_forked_leaves_the_channels_alone() -> None:
    network = FakeTransport()
    with a_gateway(network) as gateway, gateway.running():
        child = os.fork()
        if child == 0:
            try:
                gateway.close()
                os._exit(int(network.is_closed))
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)

        assert os.waitstatus_to_exitcode(status) == 0
        message = submit(gateway)
        assert network.wait_for(lambda: message in network.sent)


def test_a_worker_whose_start_was_interrupted_can_be_ended() -> None:
    worker = Worker("channel a", lambda: 0)
    worker.open()
    worker._thread = threading.Thread(target=worker._run)  # and no further

    worker.ask_to_end()
    worker.join(1)
    worker.close()
    worker.finish()

    assert not worker.is_open


class Interrupted(FakeTransport):
    """A network whose first try ends in what is no error at all."""

    def send(self, job: SendJob) -> SendReceipt:
        if not self.jobs:
            self.jobs.append(job)
            raise KeyboardInterrupt
        return super().send(job)


def test_nothing_that_a_transport_raises_ends_its_thread() -> None:
    network = Interrupted()
    with a_gateway(network) as gateway, gateway.running():
        message = submit(gateway)

        assert network.wait_for(lambda: message in network.sent, timeout=10)
