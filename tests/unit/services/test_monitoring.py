from datetime import timedelta

import attrs
import pytest

from smscore.ports.storage import Store
from smscore.ports.transport import ChannelHealth
from smscore.services.inquiry import Inquiry
from smscore.services.monitoring import NO_MESSAGE, Monitoring
from smscore.testing.fakes import ManualClock
from smscore.testing.memory import MemoryStore

READY = ChannelHealth(is_ready=True, detail="ready", signal_dbm=-73, facts={"imei": "990000"})
SEARCHING = ChannelHealth(is_ready=False, detail="no network has registered the SIM")
LOCKED = ChannelHealth(is_ready=False, detail="the SIM asks for SIM PUK", is_alarming=True)


class Watched:
    """One channel whose health is set by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store: Store = MemoryStore(clock=self.clock)
        self.health = READY
        self.restart()

    def restart(self) -> None:
        self.monitoring = Monitoring(
            store=self.store,
            clock=self.clock,
            channels=lambda: ("stick",),
            health=lambda _: self.health,
        )

    def look(self, health: ChannelHealth, *, after: float = 0.5) -> int:
        self.clock.move(seconds=after)
        self.health = health
        return self.monitoring.run_once()

    @property
    def told(self) -> list[tuple[int, str, str]]:
        events = self.store.read(lambda view: view.events.of(NO_MESSAGE))
        return [(event.sequence, event.kind, str(event.detail["why"])) for event in events]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_how_a_channel_is_can_be_asked_of_the_store(watched: Watched) -> None:
    watched.look(READY)

    (overview,) = Inquiry(store=watched.store, clock=watched.clock, channels=("stick",)).channels()
    assert overview.sighting is not None
    assert overview.sighting.health == READY
    assert overview.sighting.at == watched.clock.now()


def test_a_channel_that_nobody_has_looked_at_has_no_sighting(watched: Watched) -> None:
    (overview,) = Inquiry(store=watched.store, clock=watched.clock, channels=("stick",)).channels()
    assert overview.sighting is None


def test_what_has_not_changed_is_written_once_a_minute(watched: Watched) -> None:
    assert [watched.look(READY) for _ in range(240)].count(1) == 2


def test_a_counter_that_goes_on_is_written_every_ten_seconds(watched: Watched) -> None:
    healths = [attrs.evolve(READY, facts={"sent": str(number)}) for number in range(40)]

    assert [watched.look(health) for health in healths].count(1) == 2


def test_a_channel_is_down_when_it_could_not_send_for_half_a_minute(watched: Watched) -> None:
    watched.look(READY)
    watched.look(SEARCHING)
    watched.look(SEARCHING, after=29)
    assert watched.told == []

    watched.look(SEARCHING, after=1)
    watched.look(SEARCHING, after=600)
    assert watched.told == [(1, "channel.down", SEARCHING.detail)]


def test_a_short_pause_is_nobodys_business(watched: Watched) -> None:
    for _ in range(10):
        watched.look(SEARCHING, after=20)
        watched.look(READY, after=5)

    assert watched.told == []


def test_what_only_a_person_can_mend_is_told_at_once(watched: Watched) -> None:
    watched.look(READY)
    watched.look(LOCKED)

    assert watched.told == [(1, "channel.down", LOCKED.detail)]


def test_a_channel_that_is_ready_again_is_up(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.look(LOCKED)
    watched.look(READY)

    assert [(number, kind) for number, kind, _ in watched.told] == [
        (1, "channel.down"),
        (2, "channel.up"),
    ]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_new_server_does_not_tell_again_what_was_told(watched: Watched) -> None:
    watched.look(LOCKED)
    watched.restart()
    watched.look(LOCKED)
    watched.look(READY)

    assert [kind for _, kind, _ in watched.told] == ["channel.down", "channel.up"]


def test_a_clock_that_was_set_back_does_not_silence_the_watch(watched: Watched) -> None:
    watched.look(READY)
    watched.clock.jump(hours=-1)

    assert watched.look(READY) == 1
    overview = Inquiry(store=watched.store, clock=watched.clock, channels=("stick",)).channels()[0]
    assert overview.sighting is not None
    assert watched.clock.now() - overview.sighting.at == timedelta(0)
