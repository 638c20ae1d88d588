"""
/check.php: how the gateway is, for monitoring plug-ins.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

import smscore
from smscore.errors import PermanentFailure, StoreUnavailable
from smscore.ports.storage import Tally
from smscore.ports.transport import ChannelHealth
from smscore.testing import NOON, FakeTransport, MemoryStore
from smscore_http.gateway_api._tallies import tallies

NAMES = ["que", "failed", "signal", "total", "state", "load", "time", "disk", "uptime"]
PATIENCE = 10.0


class Radio(FakeTransport):
    """A modem in the state that the test wants."""

    def __init__(self, dbm=None, *, is_ready=True, is_without_sim=False):
        super().__init__()
        self.told = ChannelHealth(
            is_ready=is_ready,
            detail="a radio",
            signal_dbm=dbm,
            has_radio=True,
            is_without_sim=is_without_sim,
        )

    def health(self):
        return self.told


def check(site, option=None):
    return site.client.get("/check.php", params={} if option is None else {"option": option})


def values(site):
    return dict(line.split(": ", 1) for line in check(site).text.splitlines())


def test_it_needs_no_login_and_lists_every_value_in_this_order(site):
    reply = check(site)

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    lines = reply.text.split("\n")
    assert lines.pop() == ""  # every line ends with a line feed
    assert [line.partition(": ")[0] for line in lines] == NAMES
    assert "\r" not in reply.text


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("que", r"0"),
        ("failed", r"0"),
        ("signal", r"-?[0-9]+db"),
        ("total", r"0"),
        ("state", r"SIGNAL_OK"),
        ("load", r"[0-9.]+;[0-9.]+;[0-9.]+"),
        ("time", str(int(NOON.timestamp()))),
        ("disk", r"[1-9][0-9]*"),
        ("uptime", r"([0-9]+ days?, )?([0-9]+:[0-9]{2}|[0-9]+ min), [0-9]+ users"),
    ],
)
def test_each_value_has_its_form_and_can_be_asked_for_alone(site, name, pattern):
    reply = check(site, name)

    assert reply.status_code == 200
    assert re.fullmatch(f"{name}: {pattern}\n", reply.text), reply.text


@pytest.mark.parametrize("option", ["no-such", "QUE", "que ", "signal\n", "\0"])
def test_an_unknown_option_is_not_found(site, option):
    reply = check(site, option)

    assert (reply.status_code, reply.content) == (404, b"404 Not Found")


def test_an_empty_option_is_none(site):
    assert list(dict(line.split(": ", 1) for line in check(site, "").text.splitlines())) == NAMES


def test_head_tells_the_length_and_post_is_not_allowed(site):
    head = site.client.head("/check.php?option=state")
    post = site.client.post("/check.php")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len("state: SIGNAL_OK\n"))
    assert (post.status_code, post.content) == (405, b"405 Method Not Allowed")
    assert post.headers["allow"] == "GET, HEAD"


# que, failed, total


def test_what_waits_to_be_handed_over_is_in_the_queue(everything_to_phones):
    site = everything_to_phones
    for number in range(3):
        site.api_php(to=f"017012345{number}")
    site.send(scheduled_at="2026-03-02T12:00:00Z")
    site.fetch(limit=1)

    found = values(site)

    assert (found["que"], found["total"]) == ("2", "4")


def test_failures_count_for_a_day_and_not_when_they_are_sent_again(site):
    for number in range(2):
        site.transport.fail_next(PermanentFailure("no"))
        site.api_php(to=f"017012345{number}")
    site.gateway.run_pending()
    assert values(site)["failed"] == "2"

    site.gateway.interventions.resend(site.stored()[0].message.id)
    site.clock.move(seconds=1)
    assert values(site)["failed"] == "1"

    site.clock.move(hours=24)
    assert values(site)["failed"] == "0"


def test_counts_are_kept_for_a_second(site):
    assert values(site)["total"] == "0"
    site.api_php()

    assert values(site)["total"] == "0"
    site.clock.move(seconds=1)
    assert values(site)["total"] == "1"


class SlowStore(MemoryStore):
    """Counting takes two seconds, and longer when it is held up."""

    def __init__(self, clock):
        super().__init__(clock=clock)
        self._clock = clock
        self.counted = 0
        self.is_counting, self.may_count = Event(), Event()
        self.may_count.set()

    def read(self, work):
        found = super().read(work)
        if isinstance(found, Tally):
            self.counted += 1
            self._clock.move(seconds=2)
            self.is_counting.set()
            assert self.may_count.wait(PATIENCE)
        return found


@pytest.fixture
def slow(site):
    """Counts of a store that takes its time."""
    store = SlowStore(site.clock)
    gateway = smscore.build(
        smscore.GatewayConfig.from_mapping({"plugins": {"enabled": ["policy"]}}),
        store=store,
        clock=site.clock,
    )
    with gateway, ThreadPoolExecutor(1) as pool:
        yield store, tallies(gateway, start=pool.submit), site.clock


def wait_for(condition):
    ends_at = time.monotonic() + PATIENCE
    while not (found := condition()) and time.monotonic() < ends_at:
        Event().wait(0.01)
    return found


def newest(tallies, *, before):
    """The counts that are told as soon as they are others."""
    assert wait_for(lambda: tallies.latest() is not before)
    return tallies.latest()


def test_counts_that_take_long_are_kept_the_longer(slow):
    store, tallies, clock = slow
    first = tallies.latest()

    clock.move(seconds=99)
    assert tallies.latest() is first
    assert store.counted == 1
    clock.move(seconds=1)
    assert newest(tallies, before=first) == first
    assert store.counted == 2


def test_nobody_waits_for_counts_that_take_long_if_there_are_older_ones(slow):
    store, tallies, clock = slow
    first = tallies.latest()
    clock.move(hours=1)
    store.is_counting.clear()
    store.may_count.clear()

    assert tallies.latest() is first
    assert store.is_counting.wait(PATIENCE)
    assert tallies.latest() is first
    store.may_count.set()
    newest(tallies, before=first)
    assert store.counted == 2


def test_counts_that_fail_are_no_counts_any_more(slow):
    store, tallies, clock = slow
    tallies.latest()
    clock.move(hours=1)
    store.close()

    assert wait_for(lambda: fails(tallies))


def fails(tallies):
    try:
        tallies.latest()
    except StoreUnavailable:
        return True
    return False


# signal, state


@pytest.mark.parametrize(
    ("modems", "signal", "state"),
    [
        pytest.param([], "0db", "SIGNAL_OK", id="no modem"),
        pytest.param([Radio(-51)], "-51db", "SIGNAL_OK", id="strong"),
        pytest.param([Radio(-89)], "-89db", "SIGNAL_OK", id="just enough"),
        pytest.param([Radio(-90)], "-90db", "SIGNAL_WARNING", id="weaker than -89"),
        pytest.param([Radio(-99)], "-99db", "SIGNAL_WARNING", id="not weaker than -99"),
        pytest.param([Radio(-100)], "-100db", "SIGNAL_TOO_WEAK", id="weaker than -99"),
        pytest.param([Radio(-101), Radio(-83)], "-83db", "SIGNAL_OK", id="the best of several"),
        pytest.param(
            [Radio(-51, is_ready=False), Radio(-95)],
            *("-95db", "SIGNAL_WARNING"),
            id="one that cannot send does not count",
        ),
        pytest.param([Radio(None)], "0db", "SIGNAL_OK", id="it sends and tells no signal"),
        pytest.param([Radio(None, is_ready=False)], "-113db", "NO_SIGNAL", id="fault"),
        pytest.param([Radio(-51, is_ready=False)], "-113db", "NO_SIGNAL", id="cannot send"),
        pytest.param(
            [Radio(is_ready=False, is_without_sim=True), Radio(is_ready=False)],
            *("-113db", "SIM_NOT_INSERTED"),
            id="no SIM",
        ),
        pytest.param(
            [Radio(is_ready=False, is_without_sim=True), Radio(-70)],
            *("-70db", "SIGNAL_OK"),
            id="no SIM, but another one sends",
        ),
    ],
)
def test_the_best_signal_of_those_that_can_send_is_shown(make_site, modems, signal, state):
    site = make_site(transports={f"modem-{number}": one for number, one in enumerate(modems)})

    found = values(site)

    assert (found["signal"], found["state"]) == (signal, state)
