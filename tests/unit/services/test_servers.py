"""
Which of several servers may do what only one may.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import MessageId
from smscore.errors import ConfigurationError, StoreUnavailable
from smscore.ids import IdSequence, Lease
from smscore.ports.storage import Process, Right, ServerFacts
from smscore.services.servers import Servers
from smscore.testing import ManualClock, MemoryStore


class SharedStore(MemoryStore):
    """One that bears several servers, and knows which of them are connected."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock=clock)
        self.gone: set[ProcessId] = set()

    def become_server(self, process: ProcessId) -> bool:
        super().become_server(process)
        return False

    def servers(self) -> set[ProcessId]:
        return set(super().servers()) - self.gone


@pytest.fixture
def shared(clock: ManualClock) -> SharedStore:
    return SharedStore(clock)


Make = Callable[..., Servers]


@pytest.fixture
def make(shared: SharedStore, clock: ManualClock) -> Make:
    def make(
        name: str,
        *,
        wanted: tuple[str, ...] = ("housekeeping",),
        bound: tuple[str, ...] = (),
        role: str = "all",
        appears: bool = True,
        key: str | None = None,
    ) -> Servers:
        def lease() -> Lease:
            process = shared.run(lambda work: work.processes.lease(now=clock.now())).result()
            return Lease(process=process, newest=MessageId(0))

        servers = Servers(
            store=shared,
            clock=clock,
            ids=IdSequence(clock, lease=lease),
            about=ServerFacts(name=name, role=role, version="1", started_at=clock.now()),
            wanted=wanted,
            bound=bound,
            key=lambda: key,
        )
        if appears:
            servers.appear()
        return servers

    return make


def pass_time(clock: ManualClock, seconds: int, *living: Servers) -> None:
    for _ in range(seconds):
        clock.move(seconds=1)
        for one in living:
            one.tick()


def processes(store: MemoryStore) -> list[Process]:
    return list(store.read(lambda view: view.processes.all()))


def rights(store: MemoryStore) -> dict[str, Right]:
    return dict(store.read(lambda view: view.processes.rights()))


def test_the_first_one_has_a_right_and_the_others_stand_by(make: Make) -> None:
    first, second = make("alpha"), make("beta")

    assert first.has("housekeeping")
    assert not second.has("housekeeping")


def test_a_server_with_another_key_file_than_those_that_run_is_refused(make: Make) -> None:
    make("alpha", key="one")
    make("beta", key="one")

    with pytest.raises(ConfigurationError, match=r"the server alpha .* has another key file"):
        make("gamma", key="another")


def test_a_key_file_may_be_replaced_when_nobody_runs_who_has_the_old_one(
    make: Make, shared: SharedStore
) -> None:
    make("alpha", key="old").leave()
    shared.gone.add(ProcessId(0))

    assert make("alpha", key="new").living


@pytest.mark.parametrize(("minutes", "said"), [(5, "299 s ahead of"), (-5, "301 s behind")])
def test_a_server_whose_clock_is_another_one_is_named_once(
    make: Make,
    shared: SharedStore,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    minutes: int,
    said: str,
) -> None:
    one = make("alpha")
    about = ServerFacts(name="beta", role="all", version="1", started_at=clock.now())
    for _ in range(40):
        seen = clock.now() + timedelta(minutes=minutes)
        shared.run(lambda work, seen=seen: work.processes.beat(ProcessId(9), now=seen, about=about))
        pass_time(clock, 1, one)

    said_of_it = [line for line in caplog.messages if "clock" in line]
    assert len(said_of_it) == 1
    assert f"the clock of the server beta is {said} ours" in said_of_it[0]


def test_clocks_that_agree_are_nothing_to_be_told(
    make: Make, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = make("alpha"), make("beta")
    pass_time(clock, 40, one, other)
    clock.move(seconds=3600)  # nobody could look, as while the database is away

    pass_time(clock, 40, one, other)

    assert "clock" not in caplog.text


def test_what_was_given_back_another_one_takes_at_its_next_look(
    make: Make, clock: ManualClock
) -> None:
    first, second = make("alpha"), make("beta")

    first.leave()
    pass_time(clock, 1, second)

    assert not first.has("housekeeping")
    assert second.has("housekeeping")


def test_what_a_silent_server_had_is_taken_over(make: Make, clock: ManualClock) -> None:
    first, second = make("alpha"), make("beta")

    pass_time(clock, 29, second)
    assert not second.has("housekeeping")
    pass_time(clock, 2, second)

    assert second.has("housekeeping")
    first.tick()
    assert not first.had_last("housekeeping")


def test_a_server_that_was_frozen_may_nothing_before_it_has_looked(
    make: Make, clock: ManualClock
) -> None:
    first = make("alpha")
    clock.move(seconds=25)

    assert not first.has("housekeeping")
    first.tick()
    assert first.has("housekeeping")


def test_one_that_lost_its_connection_for_a_moment_keeps_what_it_has(
    make: Make, clock: ManualClock, shared: SharedStore
) -> None:
    first, second = make("alpha"), make("beta")
    shared.gone = {processes(shared)[0].id}

    pass_time(clock, 8, second)

    assert first.has("housekeeping")
    assert not second.has("housekeeping")
    pass_time(clock, 3, second)
    assert second.has("housekeeping")


def test_a_device_is_not_taken_over_by_a_server_of_another_name(
    make: Make, clock: ManualClock
) -> None:
    stick = "channel stick"
    options = {"wanted": ("housekeeping", stick), "bound": (stick,)}
    make("alpha", **options)
    other, same = make("beta", **options), make("alpha", **options)

    pass_time(clock, 40, other)
    assert not other.has(stick)
    assert other.is_vacant(stick)
    pass_time(clock, 40, other, same)

    assert same.has(stick)
    assert other.has("housekeeping")


def test_servers_that_take_messages_are_counted_while_they_live(
    make: Make, clock: ManualClock
) -> None:
    first, _, _ = make("alpha"), make("beta", role="api"), make("gamma", role="channels")
    first.tick()
    assert first.doors == 2

    pass_time(clock, 31, first)
    assert first.doors == 1


def test_whoever_needs_a_right_that_another_one_has_is_told_who(make: Make) -> None:
    make("alpha")

    with pytest.raises(StoreUnavailable, match="the server alpha has the housekeeping"):
        make("beta").check_rights()


def test_a_server_that_ended_in_order_is_none_any_more(make: Make, shared: SharedStore) -> None:
    first = make("alpha")
    assert processes(shared)[0].about is not None

    first.leave()

    assert processes(shared)[0].about is None
    assert not rights(shared)
