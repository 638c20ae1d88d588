"""
``scheduled_at``: messages leave at their time and in the order of their times.
"""

import threading
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic

import httpx2
import pytest
from server_process import PATIENCE, Server

from smscore.domain.routes import Route
from smscore.testing import NOON

SOON = (3, 12, 48)  # seconds: a busy machine is given more until the first is due


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    with server.gateway() as gateway:
        gateway.rules.apply([Route(name="all", channels=("phones",))])
    return server


def schedule_ahead(server, count, *, step):
    """Messages of so many moments, all accepted before the first of them; with their ids."""
    for seconds in SOON:
        begin = datetime.now(UTC) + timedelta(seconds=seconds)
        moments = [begin + timedelta(milliseconds=step * number) for number in range(count)]
        ids = schedule(server, moments)
        if datetime.now(UTC) < begin:
            return moments, ids
    raise AssertionError(f"{count} messages were not accepted within {SOON[-1]} s")


def schedule(server, moments):
    """One message for each moment, in no order; the ids in the order of the moments."""
    ids = {}
    with httpx2.Client(base_url=server.url, headers=server.site.bearer) as client:
        for moment in Random(8).sample(moments, len(moments)):
            wish = {"to": "+491701234567", "message": "m", "scheduled_at": moment.isoformat()}
            reply = client.post("/v1/messages", json=wish).json()
            assert reply["status"] == "queued"
            ids[moment] = reply["message_id"].removeprefix("msg_")
    return [ids[moment] for moment in moments]


def fetched(server, ids):
    """Those of these that a phone which asks all the time gets, in the order in which it does."""
    got, deadline, pause = [], monotonic() + PATIENCE, threading.Event()
    with httpx2.Client(base_url=f"{server.url}/api/{server.site.token}") as phone:
        while len(got) < len(ids) and monotonic() < deadline:
            hashes = [one["hash"] for one in phone.get("/get_messages?limit=7").json()]
            got += [one for one in hashes if one in ids]
            pause.wait(0.05)
    return got


def test_messages_leave_within_a_second_of_their_time_and_in_order(server):
    with server:
        due, ids = schedule_ahead(server, 40, step=30)

        assert fetched(server, ids) == ids

    with server.gateway() as gateway:
        stories = [gateway.inquiry.explain(int(one, 16)) for one in ids]
    for moment, story in zip(due, stories, strict=True):
        left = story.tracked.delivery.claimed_at
        assert timedelta() <= left - moment < timedelta(seconds=1)


def test_what_fell_due_while_nothing_ran_leaves_in_order_at_once(server):
    with server:
        due, ids = schedule_ahead(server, 20, step=10)
    threading.Event().wait((due[-1] - datetime.now(UTC)).total_seconds())

    with server:
        began = monotonic()
        assert fetched(server, ids) == ids
        assert monotonic() - began < 2


def test_what_is_due_goes_behind_what_waits_since_before(site, everything_to_phones):
    scheduled = site.send(message="later", scheduled_at="2026-03-01T12:01:00Z")
    site.send(message="first")
    site.clock.move(seconds=90)
    site.send(message="last")
    site.gateway.run_pending()

    assert scheduled.status_code == 200
    assert [one["text"] for one in site.fetch().json()] == ["first", "later", "last"]


def test_a_higher_priority_goes_before_an_earlier_time(site, everything_to_phones):
    for name, at, priority in (("a", 1, "normal"), ("b", 2, "high"), ("c", 3, "normal")):
        time = (NOON + timedelta(seconds=at)).isoformat()
        site.send(message=name, scheduled_at=time, priority=priority)
    site.clock.move(seconds=5)
    site.gateway.run_pending()

    assert [one["text"] for one in site.fetch().json()] == ["b", "a", "c"]
