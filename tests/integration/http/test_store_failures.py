"""
A server whose store fails: it refuses in each surface's own words, loses nothing, and goes on.

Every client repeats each request under its key until it is accepted. So at the end there is one
message for each acknowledged id, and no other.
"""

import sqlite3
import threading
from contextlib import closing, suppress

import httpx2
import pytest
from doors import BY_NAME, DOORS
from server_process import PATIENCE, ROOM, Answer, Server, repeating

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path):
    with Server(tmp_path) as server:
        yield server


REFUSALS = {
    "gateway": Answer(*BY_NAME["gateway"].unavailable, None),
    "queue": Answer(*BY_NAME["queue"].unavailable, "5"),
    "provider": Answer(*BY_NAME["provider"].unavailable, "5"),
}


def await_ready(server, *states):
    """Until a load balancer would see it so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.1)):
        if server.ready() in states:
            return
        pause.wait(0.1)
    raise AssertionError(f"the server is {server.ready()}")


def check(server, clients):
    """Nothing acknowledged is lost, nothing is doubled, and nobody heard anything else."""
    accepted = [message for client in clients for message in client.accepted]
    stored = [tracked.message.id for tracked in server.stored()]
    assert sorted(accepted) == stored
    for client in clients:
        assert set(client.refusals) <= {REFUSALS[client.door.surface]}
    with closing(sqlite3.connect(server.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk_refuses_on_every_surface_until_there_is_room(server):
    with repeating(server) as clients:
        for client in clients:
            client.await_accepted(5)
        server.limit(0)
        for client in clients:
            client.await_refused(2)
        await_ready(server, (503, "unready"))
        server.limit(ROOM)
        for client in clients:
            client.await_accepted(5)
        await_ready(server, (200, "degraded"))  # there is no modem

    check(server, clients)


def test_a_full_disk_makes_a_server_unready_of_which_nobody_wants_anything(server):
    await_ready(server, (200, "degraded"))
    server.limit(0)

    checks = [server.ready() for _ in range(5)]
    live = httpx2.get(f"{server.url}/health/live").status_code
    server.limit(ROOM)

    assert checks == [(503, "unready")] * 5
    assert live == 200
    await_ready(server, (200, "degraded"))


def test_a_disk_that_fills_up_under_load_loses_nothing(server):
    with repeating(server) as clients:
        for _ in range(3):
            for client in clients:
                client.await_accepted(3)
            # Room for a few pages, and for half a page.
            log = server.database.with_name(f"{server.database.name}-wal")
            server.limit(log.stat().st_size + 10_000)
            for client in clients:
                client.await_refused()
            server.limit(ROOM)

    check(server, clients)


def test_a_server_killed_on_a_full_disk_has_what_it_acknowledged(server):
    with repeating(server) as clients:
        for client in clients:
            client.await_accepted(5)
        server.limit(0)
        for client in clients:
            client.await_refused()
        server.kill()
        server.start()
        for client in clients:
            client.await_accepted(5)

    check(server, clients)


def test_a_server_on_a_full_disk_ends_in_order_and_begins_again(server):
    door = BY_NAME["provider"]
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        kept = door.ids(client.request(**door.request(server.site)))
        server.limit(0)
        assert client.request(**door.request(server.site)).status_code == 503

    assert server.stop() == 0
    server.start()

    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        kept += door.ids(client.request(**door.request(server.site)))
    assert [tracked.message.id for tracked in server.stored()] == kept


def test_a_database_that_was_moved_away_is_missed_and_found_again(server):
    elsewhere = server.database.parent / "elsewhere"
    elsewhere.mkdir()
    with repeating(server) as clients:
        for client in clients:
            client.await_accepted(5)
        files = [file for file in server.files() if not file.name.endswith(".lock")]
        for file in files:
            file.rename(elsewhere / file.name)
        for client in clients:
            client.await_refused()
        await_ready(server, (503, "unready"))
        for file in files:
            (elsewhere / file.name).rename(file)
        for client in clients:
            client.await_accepted(5)
        await_ready(server, (200, "degraded"))

    check(server, clients)


def test_a_database_that_another_program_holds_is_waited_for_and_refused(server):
    with repeating(server) as clients:
        for client in clients:
            client.await_accepted(5)
        with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for client in clients:
                client.await_refused()
            await_ready(server, (503, "unready"))
            other.execute("ROLLBACK")
        for client in clients:
            client.await_accepted(5)

    check(server, clients)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)
def test_a_client_that_hangs_up_and_repeats_gets_one_message(server, door):
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        for number in range(20):
            request = door.request(server.site, f"k{number}")
            hurried = httpx2.Timeout(PATIENCE, read=0.0003 * (number + 1))
            for _ in range(3):
                with suppress(httpx2.TransportError):
                    client.request(**request, timeout=hurried)
            assert _answer_in_time(client, request).status_code == 200

    assert len(server.stored()) == 20


def _answer_in_time(client, request):
    """What is answered 408 on a busy machine left nothing, and is asked for again."""
    replies = (client.request(**request) for _ in range(20))
    return next(reply for reply in replies if reply.status_code != 408)


def test_64_callers_at_the_limit_never_get_more_than_there_is(tmp_path):
    with Server(tmp_path, credits=20) as server:
        may_begin = threading.Barrier(64)
        statuses = []

        def call(door):
            with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
                may_begin.wait(PATIENCE)
                replies = [client.request(**door.request(server.site)) for _ in range(2)]
            statuses.extend(reply.status_code for reply in replies)

        threads = [threading.Thread(target=call, args=(DOORS[n % 3],)) for n in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)

        assert len(statuses) == 128
        assert statuses.count(200) == len(server.stored()) == 20
        with server.gateway() as gateway:
            account = gateway.inquiry.account_named("acme")
            entries = gateway.inquiry.statement(account.id, limit=1000)
        assert account.credits == sum(entry.credits for entry in entries) == 0
