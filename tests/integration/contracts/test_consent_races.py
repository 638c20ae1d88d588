"""
STOP while messages are on their way in and out: it comes before a message, or after it.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from databases import new_database

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.deliveries import Status
from smscore.errors import RecipientOptedOut
from smscore.services.consent import Wish
from smscore.testing import FakeTransport, ManualClock, PlainAuthenticator, a_part
from smscore_sqlmodel import SqlStore

ANNA = "+491701234567"
SUBMITTERS, TIMES = 8, 40
PATIENCE = 30


@pytest.fixture
def network() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def gateways(tmp_path: Path, network: FakeTransport) -> Iterator[list[Gateway]]:
    """Two processes on one database, as a server and a command beside it are."""
    url = f"sqlite:///{new_database(tmp_path / 'smscore.db')}"
    clock, gateways = ManualClock(), []
    for transport in (network, FakeTransport()):
        store = SqlStore(url, clock=clock)
        gateways.append(
            build(
                GatewayConfig(plugins=PluginsConfig(enabled=())),
                store=store,
                transports={"fake": transport},
                authenticator=PlainAuthenticator(store),
                clock=clock,
            )
        )
    gateways[0].administration.create_account("acme", home_country="DE")
    yield gateways
    for gateway in gateways:
        gateway.close()


def stop(gateway: Gateway) -> None:
    gateway.reception.received(a_part(user_data="STOP".encode("utf-16-be"), sender=ANNA))


def test_what_is_submitted_after_stop_was_stored_is_refused(gateways: list[Gateway]) -> None:
    begun, stopped = threading.Barrier(SUBMITTERS + 1), threading.Event()

    def submit(number: int) -> list[tuple[bool, bool]]:
        """Whether STOP was stored before each request began, and whether that was refused."""
        gateway, outcomes = gateways[number % 2], []
        begun.wait(PATIENCE)
        for _ in range(TIMES):
            was_stopped, is_refused = stopped.is_set(), False
            try:
                gateway.submissions.submit(account="acme", to="01701234567", text="sale")
            except RecipientOptedOut:
                is_refused = True
            outcomes.append((was_stopped, is_refused))
        return outcomes

    with ThreadPoolExecutor(SUBMITTERS) as pool:
        submitting = [pool.submit(submit, number) for number in range(SUBMITTERS)]
        begun.wait(PATIENCE)
        stop(gateways[0])
        stopped.set()
        outcomes = [outcome for one in submitting for outcome in one.result(PATIENCE)]
    with pytest.raises(RecipientOptedOut):
        gateways[1].submissions.submit(account="acme", to=ANNA, text="sale")

    assert [one for one in outcomes if one == (True, False)] == []
    accepted = sum(not is_refused for _, is_refused in outcomes)
    assert len(gateways[0].inquiry.messages(limit=1000)) == accepted


def test_what_waits_when_stop_was_stored_is_not_sent(
    gateways: list[Gateway], network: FakeTransport
) -> None:
    server, command = gateways
    for _ in range(200):
        server.submissions.submit(account="acme", to=ANNA, text="sale")

    with server.running():
        assert network.wait_for(lambda: len(network.sent) >= 5)
        command.consent.hold([Wish(number=ANNA)])
        # What was claimed before may still leave; whatever is claimed from now on is withheld.
        claimed = len(server.inquiry.messages(statuses=[Status.SENDING, Status.SENT], limit=1000))
        while server.inquiry.messages(statuses=[Status.QUEUED], limit=1):
            server.store.run(lambda _: None).result(PATIENCE)

    ended = server.inquiry.messages(limit=1000)
    sent = sum(one.delivery.status is Status.SENT for one in ended)
    withheld = sum(one.delivery.status is Status.CANCELLED for one in ended)
    assert sent + withheld == 200
    assert len(network.jobs) <= claimed
