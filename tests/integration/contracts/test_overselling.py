import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from databases import new_database
from postgres import PostgresCluster

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.messages import Surface
from smscore.errors import IdempotencyConflict, InsufficientCredits, LimitExceeded
from smscore.services.submission import Item, Submission
from smscore.testing import FakeTransport, ManualClock, PlainAuthenticator
from smscore_sqlmodel import SqlStore

SUBMITTERS = 64
PATIENCE = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{new_database(tmp_path / 'smscore.db')}"
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    return cluster.new_store()


@pytest.fixture
def gateways(url: str) -> Iterator[list[Gateway]]:
    """Two processes on one database, as a server and a command beside it are."""
    clock, gateways = ManualClock(), []
    for _ in range(2):
        store = SqlStore(url, clock=clock)
        gateways.append(
            build(
                GatewayConfig(plugins=PluginsConfig(enabled=())),
                store=store,
                transports={"fake": FakeTransport()},
                authenticator=PlainAuthenticator(store),
                clock=clock,
            )
        )
    gateways[0].administration.create_account("acme", credits=100, monthly_limit=1000)
    gateways[0].administration.create_account("other", monthly_limit=40)
    yield gateways
    for gateway in gateways:
        gateway.close()


def submit_at_once(
    gateways: list[Gateway], account: str, *texts: str, times: int = 1, **options: object
) -> int:
    """All submit the same from threads of their own; how many requests were accepted."""
    barrier = threading.Barrier(SUBMITTERS)

    def submit(number: int) -> int:
        gateway = gateways[number % len(gateways)]
        request = Submission(
            account=gateway.inquiry.account_named(account).id,
            surface=Surface.LIBRARY,
            items=tuple(Item(to="+491701234567", text=text) for text in texts),
            **options,
        )
        barrier.wait(PATIENCE)
        return sum(_is_accepted(gateway, request) for _ in range(times))

    with ThreadPoolExecutor(SUBMITTERS) as pool:
        return sum(pool.map(submit, range(SUBMITTERS)))


def _is_accepted(gateway: Gateway, request: Submission) -> bool:
    try:
        receipt = gateway.submissions.begin(request).result(PATIENCE)
    except (InsufficientCredits, LimitExceeded, IdempotencyConflict):
        return False
    return not receipt.is_replay


def test_sixty_four_submitters_of_two_processes_do_not_spend_more_than_there_is(
    gateways: list[Gateway],
) -> None:
    accepted = submit_at_once(gateways, "acme", "x" * 161, "x", times=2)

    account = gateways[0].inquiry.account_named("acme")
    entries = gateways[1].inquiry.statement(account.id)
    assert accepted == 33  # of 3 credits each
    assert account.credits == sum(entry.credits for entry in entries) == 1
    assert len(gateways[0].inquiry.messages(limit=200)) == 66


def test_sixty_four_submitters_of_two_processes_do_not_send_more_than_the_month_allows(
    gateways: list[Gateway],
) -> None:
    accepted = submit_at_once(gateways, "other", "a", "b", "c")

    assert accepted == 13
    assert gateways[1].inquiry.account_named("other").used == 39


def test_sixty_four_submitters_of_two_processes_under_one_key_create_one_message(
    gateways: list[Gateway],
) -> None:
    assert submit_at_once(gateways, "acme", "x", idempotency_key="k1") == 1
    assert len(gateways[1].inquiry.messages()) == 1
    assert gateways[1].inquiry.account_named("acme").credits == 99
