"""
A server whose PostgreSQL is killed under load, with ``--nightly`` three times: it refuses on all
surfaces, loses nothing, sends nothing twice, and goes on by itself.
"""

import smtplib
import threading
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

import httpx2
import pytest
from doors import BY_NAME
from postgres import PostgresCluster, a_cluster
from server_process import PATIENCE, Answer, Client, Server, repeating

from smscore.domain.deliveries import Status
from smscore.domain.routes import Route
from smscore.ports.storage import Tracked
from smscore_modem.simulator import ModemSimulator

pytestmark = pytest.mark.slow

REFUSALS = {
    "gateway": Answer(*BY_NAME["gateway"].unavailable, None),
    "queue": Answer(*BY_NAME["queue"].unavailable, "5"),
    "provider": Answer(*BY_NAME["provider"].unavailable, "5"),
}
CONFIG = """
[channels.stick]
transport = "modem"
port = "{port}"
gap = 0
reconnect_delay = 0.05

[smtp]
domains = ["sms.example.org"]
port = 0

[[smtp.clients]]
account = "acme"
"""


class Asking:
    """
    Asks for the same thing until it is told to stop; ``unavailable`` counts the refusals.
    """

    def __init__(self) -> None:
        self.unavailable = 0
        self.accepted: list[int] = []
        self._heard = threading.Condition()

    def await_accepted(self, number: int) -> None:
        self._await(lambda: len(self.accepted), number)

    def await_refused(self, number: int = 1) -> None:
        self._await(lambda: self.unavailable, number)

    def _await(self, count, number: int) -> None:
        with self._heard:
            goal = count() + number
            assert self._heard.wait_for(lambda: count() >= goal, PATIENCE)

    def _note(self, found: list[int] | None) -> None:
        with self._heard:
            self.unavailable += found is None
            self.accepted += found or []
            self._heard.notify_all()


class Mailer(Asking):
    """Gives mails to the SMTP door; the same one again until it was taken."""

    def run(self, server: Server, over: threading.Event) -> None:
        host, port = server.smtp.split(":")
        while not over.wait(0.005):
            mail = EmailMessage()
            mail["From"] = "alarm@example.org"
            mail["Message-ID"] = f"<{len(self.accepted)}@example.org>"
            mail.set_content(f"mail {len(self.accepted)}")
            while (found := self._give(host, int(port), mail)) is None:
                self._note(None)
                threading.Event().wait(0.05)
            self._note(found)

    def _give(self, host: str, port: int, mail: EmailMessage) -> list[int] | None:
        with smtplib.SMTP(host, port, timeout=PATIENCE) as mailer:
            mailer.ehlo()
            for say in (
                lambda: mailer.mail("alarm@example.org"),
                lambda: mailer.rcpt("0170123@sms.example.org"),
                lambda: mailer.data(mail.as_bytes(policy=SMTP)),
            ):
                code, text = say()
                if code // 100 == 4:
                    assert b"4.3.0" in text
                    return None
                assert code == 250, (code, text)
        return [int(text.decode().split()[-1], 16)]


class Phone(Asking):
    """Fetches what waits in the queue; what it got is what it ``accepted``."""

    def run(self, server: Server, over: threading.Event) -> None:
        while not over.is_set():
            self.poll(server)

    def poll(self, server: Server) -> bool:
        """Ask once; whether there was anything."""
        reply = httpx2.get(
            f"{server.url}/api/{server.site.token}/get_messages?limit=20", timeout=PATIENCE
        )
        if reply.status_code == 200:
            found = [int(one["hash"], 16) for one in reply.json()]
        else:
            assert (reply.status_code, reply.text) == BY_NAME["queue"].unavailable
            found = None
        self._note(found)
        return bool(found)


@pytest.fixture
def deaths(request: pytest.FixtureRequest) -> int:
    return 3 if request.config.getoption("nightly") else 1


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster() as cluster:
        yield cluster


@pytest.fixture
def modem(tmp_path) -> Iterator[ModemSimulator]:
    (tmp_path / "modems").mkdir()
    with ModemSimulator(modems=1, link_dir=tmp_path / "modems", report_delay=0.01) as modem:
        yield modem


@pytest.fixture
def server(cluster, modem, tmp_path) -> Iterator[Server]:
    config = CONFIG.format(port=modem.ports[0])
    server = Server(tmp_path, config=config, url=cluster.new_store())
    with server.gateway() as gateway:
        phones = Route(name="phones", surfaces=("queue",), channels=("phones",))
        gateway.rules.apply([phones, Route(name="others", channels=("stick",))])
    with server:
        yield server


def await_state(server: Server, *states: tuple[int, str]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.1)):
        if server.ready() in states:
            return
        pause.wait(0.1)
    raise AssertionError(f"the server is {server.ready()}")


def await_rest(server: Server) -> list[Tracked]:
    """All messages, when the modem has nothing more to send."""
    pause = threading.Event()
    with server.gateway() as gateway:
        for _ in range(int(PATIENCE / 0.1)):
            counts = gateway.store.read(lambda view: view.outbox.count(channel="stick"))
            if not any(counts.get(one) for one in (Status.QUEUED, Status.SENDING)):
                return list(server.stored())
            pause.wait(0.1)
    raise AssertionError(f"the channel does not go on: {counts}")


def test_a_postgresql_killed_under_load_is_missed_on_every_surface_and_found_again(
    cluster: PostgresCluster, server: Server, modem: ModemSimulator, deaths: int
) -> None:
    mailer, phone, over = Mailer(), Phone(), threading.Event()
    others = [threading.Thread(target=one.run, args=(server, over)) for one in (mailer, phone)]
    for thread in others:
        thread.start()
    try:
        with repeating(server) as clients:
            callers = [*clients, mailer, phone]
            for _ in range(deaths):
                for caller in callers:
                    caller.await_accepted(5)
                cluster.kill()
                for caller in callers:
                    caller.await_refused(2)
                await_state(server, (503, "unready"))
                cluster.start()
                for caller in callers:
                    caller.await_accepted(5)
    finally:
        over.set()
        for thread in others:
            thread.join(PATIENCE)
    while phone.poll(server):
        pass
    stored = await_rest(server)

    assert httpx2.get(f"{server.url}/health/live").status_code == 200
    check_promises(clients, mailer, stored)
    check_phones(phone, stored, deaths=deaths)
    check_sendings(modem, stored, deaths=deaths)


def check_promises(clients: list[Client], mailer: Mailer, stored: list[Tracked]) -> None:
    """All that was acknowledged is there and nothing else; nobody hung or heard anything else."""
    accepted = [message for client in [*clients, mailer] for message in client.accepted]
    assert sorted(accepted) == [one.message.id for one in stored]
    for client in clients:
        assert set(client.refusals) == {REFUSALS[client.door.surface]}
        assert client.unheard == []


def check_phones(phone: Phone, stored: list[Tracked], *, deaths: int) -> None:
    """Each is handed out once; one whose answer got lost with the database is gone."""
    for_phones = {one.message.id for one in stored if one.message.surface == "queue"}
    assert max(Counter(phone.accepted).values()) == 1
    assert set(phone.accepted) <= for_phones
    assert len(for_phones - set(phone.accepted)) <= deaths * 20


def check_sendings(modem: ModemSimulator, stored: list[Tracked], *, deaths: int) -> None:
    """Each is sent once; at most the one that was on its way is in doubt after a death."""
    taken = Counter(one.submit.user_data.content.decode() for one in modem.taken)
    assert set(taken.values()) == {1}
    by_modem = [one for one in stored if one.message.surface != "queue"]
    doubtful = [one for one in by_modem if one.delivery.status is Status.INDETERMINATE]
    assert len(doubtful) <= deaths
    for one in by_modem:
        if one not in doubtful:
            assert one.delivery.status in (Status.SENT, Status.DELIVERED)
            assert one.message.text in taken
