"""
A store that does not do its work is said so in each surface's own words, whatever was asked.
"""

import pytest
from doors import DOORS

from smscore.errors import DeadlinePassed, LeaseLost, Overloaded, StoreError, StoreUnavailable

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)

FAULTS = [
    StoreUnavailable("the disk is full"),
    Overloaded("the store cannot keep up"),
    DeadlinePassed("not begun in time"),
    LeaseLost("given up for dead"),
    StoreError("a value cannot be written"),
]


@pytest.fixture
def numbered(site):
    site.gateway.submissions.submit(account="acme", to="0170123", text="before")
    return site


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@every_door
def test_a_submission_that_the_store_does_not_take_is_refused(numbered, door, fault, at_once):
    numbered.store.fail(fault, at_once=at_once)

    reply = door.send(numbered, "k")

    assert (reply.status_code, reply.text) == door.unavailable
    assert reply.headers.get("retry-after") == (None if door.surface == "gateway" else "5")
    assert str(fault) not in str(reply.headers)
    numbered.store.fail(None)
    assert door.send(numbered, "k").status_code == 200
    assert len(numbered.stored()) == 2


PROVIDER, QUEUE, GATEWAY = (
    {door.surface: door.unavailable for door in DOORS}[name]
    for name in ("provider", "queue", "gateway")
)
MESSAGE = "/v1/messages/msg_0000000000000001"
CALLS = [
    ("POST", "/v1/messages", PROVIDER),
    ("GET", "/v1/messages", PROVIDER),
    ("GET", MESSAGE, PROVIDER),
    ("DELETE", MESSAGE, PROVIDER),
    ("POST", "/v1/messages/estimate", PROVIDER),
    ("GET", "/v1/account", PROVIDER),
    ("POST", "/api/TOKEN/queue", QUEUE),
    ("GET", "/api/TOKEN/get_messages", QUEUE),
    ("POST", "/api/TOKEN/status", QUEUE),
    ("POST", "/api.php?username=apiuser&password=secret-word&to=0170123&text=hi", GATEWAY),
    ("GET", "/state.php?username=apiuser&password=secret-word&uid=0000000000000001", GATEWAY),
]


@pytest.mark.parametrize(
    ("method", "path", "expected"), CALLS, ids=[call[1][:22] for call in CALLS]
)
def test_without_a_store_nothing_is_answered_and_nothing_breaks(site, method, path, expected):
    site.gateway.store.close()

    reply = site.client.request(
        method, path.replace("TOKEN", site.token), headers=site.bearer, content=b"[]"
    )

    assert (reply.status_code, reply.text) == expected


def test_a_customer_whose_key_cannot_be_looked_up_is_not_limited_as_a_stranger(site):
    site.gateway.store.close()

    replies = [site.send() for _ in range(30)]

    assert {(reply.status_code, reply.text) for reply in replies} == {PROVIDER}


@pytest.mark.parametrize(("method", "path"), [("DELETE", MESSAGE), ("POST", "/api/TOKEN/status")])
def test_other_changes_are_refused_alike(numbered, method, path):
    numbered.store.fail(FAULTS[0], at_once=False)

    reply = numbered.client.request(
        method,
        path.replace("TOKEN", numbered.token),
        headers=numbered.bearer,
        json={"messages": [{"hash": "0000000000000001", "status": 2}]},
    )

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "5"


def test_phones_that_are_told_so_have_claimed_nothing(everything_to_phones):
    site = everything_to_phones
    site.send()
    site.store.fail(FAULTS[0], at_once=False)
    reply = site.fetch()
    site.store.fail(None)

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert len(site.fetch().json()) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_store_that_fails_makes_the_gateway_unready(numbered, at_once):
    numbered.store.fail(FAULTS[0], at_once=at_once)

    reply = numbered.client.get("/health/ready")

    assert (reply.status_code, reply.json()["status"]) == (503, "unready")
    assert reply.json()["checks"][0]["detail"] == "nothing can be stored; the server's log says why"
    assert numbered.client.get("/health/live").status_code == 200
    numbered.store.fail(None)
    assert numbered.client.get("/health/ready").status_code == 200


def test_the_check_writes_something_because_a_full_disk_takes_what_writes_nothing(site):
    assert site.client.get("/health/ready").status_code == 200

    written = site.store.read(lambda view: view.journal.get(channel="", key="readiness"))
    assert written is not None
