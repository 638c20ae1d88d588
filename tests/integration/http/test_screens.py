"""
Screens of plugins at the doors: what they refuse, and what they break on, is not accepted.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest
from doors import DOORS, Door, at_once

from smscore import hookimpl
from smscore.domain.messages import OutboundMessage
from smscore.errors import Rejected, StoreUnavailable


class HouseRules:
    """A plugin whose screen does as it is told."""

    def __init__(self, does: Callable[[OutboundMessage], object]) -> None:
        self._does = does

    @hookimpl
    def smscore_screens(self) -> list[Callable[[OutboundMessage], object]]:
        return [self.screen]

    def screen(self, message: OutboundMessage) -> object:
        return self._does(message)


def look_up(message: OutboundMessage) -> NoReturn:
    raise KeyError(message.recipient.value)


def leave(message: OutboundMessage) -> NoReturn:
    raise SystemExit("no licence")


def cannot_ask(message: OutboundMessage) -> NoReturn:
    raise StoreUnavailable("the list cannot be read")


def refuse(message: OutboundMessage) -> NoReturn:
    raise Rejected("nobody wins anything here")


@pytest.mark.parametrize("door", DOORS, ids=lambda one: one.surface)
@pytest.mark.parametrize(
    ("does", "said"),
    [
        (lambda message: False, "returned False: raise smscore.errors.Rejected to refuse"),
        (lambda message: True, "returned True: raise"),
        (lambda message: message, "returned OutboundMessage: raise"),
        (look_up, "failed with KeyError"),
        (leave, "failed with SystemExit"),
        (cannot_ask, "the list cannot be read"),
    ],
)
def test_what_a_screen_breaks_on_is_not_accepted_and_the_plugin_is_named(
    make_site: Callable[..., Any],
    door: Door,
    does: Callable[[OutboundMessage], object],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = make_site(plugins=[HouseRules(does)])

    reply = door.send(site)

    assert (reply.status_code, reply.text) == door.unavailable
    assert site.stored() == []
    assert said in caplog.text
    if does is not cannot_ask:
        assert "the plugin 'HouseRules' in smscore_screens: its screen 'screen'" in caplog.text


@pytest.mark.parametrize("door", DOORS, ids=lambda one: one.surface)
def test_a_screen_that_takes_its_time_holds_up_nobody_else(
    make_site: Callable[..., Any], door: Door
) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()
    may_go_on.set()

    def think(message: OutboundMessage) -> None:
        has_begun.set()
        assert may_go_on.wait(60)

    site = make_site(plugins=[HouseRules(think)])
    door.send(site)  # with it everything is at hand that has to be looked up
    has_begun.clear()
    may_go_on.clear()
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(door.send, site)
        assert has_begun.wait(60)

        live = thread_of(lambda: site.client.get("/health/live"))
        live.join(10)
        is_held_up = live.is_alive()
        may_go_on.set()
        live.join()

        assert sending.result().status_code == 200
    assert not is_held_up


def thread_of(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("door", DOORS, ids=lambda one: one.surface)
def test_what_a_screen_refuses_is_the_callers_fault(
    make_site: Callable[..., Any], door: Door
) -> None:
    site = make_site(plugins=[HouseRules(refuse)])

    assert 400 <= door.send(site).status_code < 500
    assert site.stored() == []


class Crowd:
    """A screen that keeps the first messages of batches until a single one comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._single_came = threading.Event()
        self._inside = 0
        self.most_inside = 0

    def __call__(self, message: OutboundMessage) -> None:
        if message.text == "single":
            self._single_came.set()
            return
        with self._lock:
            self._inside += 1
            self.most_inside = max(self.most_inside, self._inside)
        assert self._single_came.wait(30)
        with self._lock:
            self._inside -= 1


def test_few_batches_are_planned_at_a_time_and_hold_up_nobody(make_site):
    crowd = Crowd()
    site = make_site(plugins=[HouseRules(crowd)])
    batch = [{"phone": f"0170{number:07}", "message": "batch"} for number in range(101)]
    single = [{"phone": "0170123", "message": "single"}]

    def queueing(messages: list[dict[str, str]]) -> dict[str, Any]:
        return {"method": "POST", "url": f"/api/{site.token}/queue", "json": messages}

    replies = at_once(site, [*[queueing(batch)] * 6, queueing(single)])

    assert [reply.json()["queued"] for reply in replies] == [101] * 6 + [1]
    assert crowd.most_inside <= 2
