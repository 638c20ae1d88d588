"""
A person who is known to every surface, erased beside a running server: nothing is found any more.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from doors import BY_NAME
from endpoints import OK, Endpoint
from server_process import PATIENCE, Server, repeating

from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Status
from smscore.domain.messages import Medium
from smscore.domain.routes import Route
from smscore_modem.simulator import ModemSimulator
from smscore_telegram.testing import FakeTelegram

NUMBER, OTHER = "+491761112223", "+491769998887"
NATIONAL, DIALLED = "1761112223", "0176/111-22 23"
TEXT = "Kumquat"

# 23.040, 9.1.2.3: the digits in pairs, the second one first.
_SWAPPED = ("947116112122F3", "1067112122F3")
TRACES = {
    "text": TEXT.encode(),
    "wide text": TEXT.encode("utf-16-be"),
    "number": NATIONAL.encode(),
    "wide number": NATIONAL.encode("utf-16-be"),
    "narrow number": NATIONAL.encode("utf-16-le"),
    "as it was dialled": DIALLED.encode(),
    "in a PDU": bytes.fromhex(_SWAPPED[0]),
    "in a written PDU": _SWAPPED[0].encode(),
    "in a national PDU": _SWAPPED[1].encode(),
}


def wait_for(condition: Callable[[], bool]) -> None:
    """Look now and then, for what nobody announces."""
    pause, tries = threading.Event(), int(PATIENCE / 0.02)
    while not condition():
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.02)


@pytest.fixture
def modems(tmp_path: Path) -> Iterator[ModemSimulator]:
    directory = tmp_path / "ports"
    directory.mkdir()
    with ModemSimulator(modems=1, link_dir=directory, report_delay=0.01) as simulator:
        yield simulator


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(lambda connection: connection.sendall(OK) or True)
    yield endpoint
    endpoint.close()


@pytest.fixture
def server(tmp_path: Path, modems: ModemSimulator, telegram: FakeTelegram) -> Iterator[Server]:
    config = f"""
[webhooks]
allow = ["127.0.0.0/8"]

[channels.stick]
transport = "modem"
port = "{modems.ports[0]}"
gap = 0.0
account = "acme"

[channels.bot]
transport = "telegram"
token = "{telegram.token}"
base_url = "{telegram.url}"
reconnect_delay = 0.05
account = "acme"
"""
    directory = tmp_path / "server"
    directory.mkdir()
    server = Server(directory, config=config, credits=100)
    with server.gateway() as gateway:
        gateway.rules.apply([Route(name="all", channels=("bot", "stick"))])
    with server:
        yield server


def found(server: Server) -> list[str]:
    """Which traces are in which files of the installation, and in what the server has logged."""
    files = [path for path in server.database.parent.rglob("*") if path.is_file()]
    contents = {path.name: path.read_bytes() for path in files}
    contents["the log"] = "".join(server.log).encode()
    return [
        f"{trace} in {name}"
        for name, content in contents.items()
        for trace, octets in TRACES.items()
        if octets in content
    ]


def become_known(
    server: Server, modems: ModemSimulator, telegram: FakeTelegram, endpoint: Endpoint
) -> None:
    """Leave traces wherever somebody can."""
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        hook = {"url": endpoint.url(), "events": ["message.sent", "message.received"]}
        client.post("/v1/webhooks", json=hook, headers=server.site.bearer).raise_for_status()
        for door in BY_NAME.values():
            request = door.request(server.site, f"key {door.surface}", text=TEXT, to="01761112223")
            reply = client.request(**request)
            assert door.ids(reply)
        for content in (
            {"to": OTHER, "message": f"ask for {DIALLED}"},
            {"to": NUMBER, "message": TEXT, "callback_url": endpoint.url(f"/{NUMBER[1:]}")},
            {"to": NUMBER, "message": TEXT, "scheduled_at": "2027-03-01T12:00:00Z"},
        ):
            client.post("/v1/messages", json=content, headers=server.site.bearer).raise_for_status()
    with server.gateway() as gateway:
        account = gateway.inquiry.account_named("acme")
        gateway.directory.contacts.add(account.id, "kim", number=DIALLED, notes=TEXT)
        gateway.directory.contacts.add(account.id, "lee", notes=f"knows {NUMBER}")
        gateway.directory.groups.add(account.id, "all")
        gateway.directory.groups.join(account.id, "all", contacts=["kim", "lee"])
        gateway.administration.credit("acme", 5, why=f"for {NUMBER}")
    modems.inject_sms(sender=NUMBER, text=TEXT)
    modems.inject_sms(sender=NUMBER, text=f"{TEXT} ü " * 40)
    modems.inject_sms(sender=OTHER, text=f"call {NUMBER}")
    person = telegram.person("Kim", number=NUMBER)
    person.opens_bot()
    person.links()
    person.writes(TEXT)
    with server.gateway() as gateway:
        store = gateway.store
        wait_for(lambda: len(store.read(lambda view: view.inbox.find())) == 4)
        gateway.submissions.submit(account="acme", to=NUMBER, text=TEXT, medium=Medium.AUTOMATIC)
        settled = {Status.DELIVERED, Status.SENT, Status.SCHEDULED}
        wait_for(lambda: set(store.read(lambda view: view.outbox.count())) <= settled)
        wait_for(lambda: not store.read(lambda view: view.webhooks.waiting()))


def erase(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "smscore_server", "erase", *arguments, "--yes", "--json"],
        cwd=server.database.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_nothing_of_a_person_is_found_in_any_file_after_erasing(
    server: Server, modems: ModemSimulator, telegram: FakeTelegram, endpoint: Endpoint
) -> None:
    become_known(server, modems, telegram, endpoint)
    with closing(sqlite3.connect(server.database)) as database:
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")
    before = {one.partition(" in ")[::2] for one in found(server)}

    done = erase(server, NUMBER)
    running = found(server)
    server.stop()

    seen = ("text", "wide text", "number", "as it was dialled")
    assert {(one, f"smscore.db{end}") for one in seen for end in ("", "-wal")} <= before
    assert (done.returncode, running, found(server)) == (0, [], [])
    told = json.loads(done.stdout)
    assert (told["cancelled"], told["is_complete"], told["left"]) == (1, True, [])
    with server.gateway() as gateway:
        account = gateway.inquiry.account_named("acme")
        total = gateway.store.read(lambda view: view.ledger.total(account.id))
        assert (
            account.credits,
            [one.message.recipient.value for one in gateway.inquiry.messages()],
        ) == (
            total,
            [OTHER],
        )


def test_an_opt_out_is_left_and_refuses_without_leaving_a_trace(
    server: Server, modems: ModemSimulator, telegram: FakeTelegram, endpoint: Endpoint
) -> None:
    become_known(server, modems, telegram, endpoint)
    modems.inject_sms(sender=NUMBER, text="STOP")
    with server.gateway() as gateway:
        wait_for(lambda: gateway.consent.about(NUMBER) != [])
        said = len(gateway.inquiry.messages())
        wait_for(lambda: not gateway.store.read(lambda view: view.webhooks.waiting()))
        waiting = {Status.QUEUED, Status.SENDING}
        wait_for(lambda: not waiting & {*gateway.store.read(lambda view: view.outbox.count())})

    done = erase(server, NUMBER)
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        replies = [
            client.request(**door.request(server.site, None, text=TEXT, to=to))
            for door in BY_NAME.values()
            for to in (
                "01761112223",
                "00491761112223" if door.surface == "gateway" else "01761112223",
            )
        ]
    running = found(server)
    server.stop()

    assert (done.returncode, running, found(server)) == (0, [], [])
    assert {reply.status_code for reply in replies} == {400, 422}
    told = "".join(reply.text for reply in replies)
    assert "Recipient opted out" in told
    assert "recipient_opted_out" in told
    with server.gateway() as gateway:
        (mark,) = gateway.consent.about(NUMBER)
        ((_, entry), *_) = gateway.audit.find(limit=1)
        assert (entry.what, entry.subject) == ("person.erased", f"hmac:{mark.number}")
        assert said > len(gateway.inquiry.messages())


def test_an_erasure_that_was_killed_is_ended_by_another_one(server: Server) -> None:
    with server.gateway() as gateway:
        gateway.administration.set_channel_mode("stick", ChannelMode.PAUSED)
        for _ in range(3):
            gateway.submissions.submit(account="acme", to=NUMBER, text=TEXT)
        account = gateway.inquiry.account_named("acme")
        gateway.directory.contacts.add(account.id, "kim", number=DIALLED)
    program = f"""
import os, signal, smscore
with smscore.build(smscore.GatewayConfig.from_toml("smscore.toml")) as gateway:
    gateway.erasure.erase({NUMBER!r}, progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))
"""

    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=server.database.parent, check=False
    )
    done = json.loads(erase(server, NUMBER).stdout)

    assert killed.returncode == -signal.SIGKILL
    assert done["erased"] == {"contacts": 1}
    assert found(server) == []


def test_messages_are_accepted_while_somebody_is_erased(server: Server) -> None:
    with server.gateway() as gateway:
        gateway.administration.set_channel_mode("stick", ChannelMode.PAUSED)
        gateway.administration.credit("acme", 1_000_000, why="many messages")
    with repeating(server) as clients:
        for client in clients:
            client.await_accepted(10)
        done = erase(server, "0170123")
        for client in clients:
            client.await_accepted(5)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["number"] == "+49…23"
    assert told["cancelled"] >= 10 * len(clients)
    assert [client.refusals for client in clients] == [[]] * len(clients)
    assert len(server.stored()) >= 5 * len(clients)
