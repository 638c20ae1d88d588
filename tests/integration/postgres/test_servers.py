"""
Two servers that take messages and two that send them, on one PostgreSQL; all of them processes.
"""

import json
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import httpx2
import pytest
from click.testing import CliRunner
from postgres import PostgresCluster, a_cluster
from several import PATIENCE, Hosts, Server, Submitter, until, until_more

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.consent import MarkKind
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.events import Event
from smscore.domain.ledger import Entry, EntryKind
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.services.consent import Wish
from smscore_server.cli import smscore

KILLS, NIGHTLY_KILLS = 4, 60
CHANNELS = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster() as cluster:
        yield cluster


@pytest.fixture
def hosts(cluster: PostgresCluster, tmp_path: Path) -> Iterator[Hosts]:
    with Hosts(tmp_path, cluster) as hosts:
        yield hosts


def until_refused(submitters: Sequence[Submitter]) -> None:
    before = sum(one.unavailable for one in submitters)
    until(lambda: sum(one.unavailable for one in submitters) > before + 3)


@attrs.frozen(kw_only=True)
class Evidence:
    """What is left when everything has left."""

    promised: Mapping[int, str]
    taken: Sequence[tuple[str, str]]
    deliveries: Mapping[int, Delivery]
    events: Mapping[int, Sequence[Event]]
    accounts: Sequence[Account]
    entries: Mapping[int, Sequence[Entry]]
    deaths: int


def gather(hosts: Hosts, submitters: Sequence[Submitter], *, deaths: int) -> Evidence:
    until(hosts.is_at_rest, patience=3 * PATIENCE)
    deliveries = {one.message: one for one in hosts.deliveries()}
    with hosts.open() as gateway:
        accounts = gateway.inquiry.accounts()
        events, entries = gateway.store.read(
            lambda view: (
                {message: view.events.of(message) for message in deliveries},
                {one.id: view.ledger.of(one.id, limit=1_000_000) for one in accounts},
            )
        )
    return Evidence(
        promised={message: to for one in submitters for message, to in one.promised.items()},
        taken=hosts.taken(),
        deliveries=deliveries,
        events=events,
        accounts=accounts,
        entries=entries,
        deaths=deaths,
    )


def promises_are_kept(evidence: Evidence) -> Iterator[str]:
    for message, recipient in evidence.promised.items():
        delivery = evidence.deliveries.get(message)
        if delivery is None or delivery.recipient.value != recipient:
            yield f"{message:016x} to {recipient} was promised, and there is {delivery}"
    stored = Counter(one.recipient.value for one in evidence.deliveries.values())
    yield from (f"{to} is stored {count} times" for to, count in stored.items() if count > 1)


def nothing_is_sent_twice(evidence: Evidence) -> Iterator[str]:
    for part, count in Counter(evidence.taken).items():
        if count > 1:
            yield f"{part} was sent {count} times"


def every_end_is_explained(evidence: Evidence) -> Iterator[str]:
    """What is said to be sent was; a doubt needs a death, and each has at most one a channel."""
    parts = Counter(recipient for recipient, _ in evidence.taken)
    doubts = 0
    for message, one in evidence.deliveries.items():
        if one.status is Status.INDETERMINATE:
            doubts += 1
        elif one.status not in (Status.SENT, Status.DELIVERED):
            yield f"{message:016x} ended as {one.status}: {one.error}"
        elif parts[one.recipient.value] != one.segments:
            yield f"{message:016x} is {one.status}, with {parts[one.recipient.value]} parts"
    if doubts > CHANNELS * evidence.deaths:
        yield f"{doubts} messages are in doubt after {evidence.deaths} deaths"


def stories_have_no_gaps(evidence: Evidence) -> Iterator[str]:
    for message, one in evidence.deliveries.items():
        numbers = [event.sequence for event in evidence.events[message]]
        if numbers != list(range(1, one.sequence + 1)):
            yield f"{message:016x} has the events {numbers} of {one.sequence}"


def the_ledger_adds_up(evidence: Evidence) -> Iterator[str]:
    for account in evidence.accounts:
        entries = evidence.entries[account.id]
        balance = sum(entry.credits for entry in entries)
        charged = sum(
            evidence.deliveries[entry.message].charged
            for entry in entries
            if entry.kind is EntryKind.CHARGE and entry.message is not None
        )
        granted = sum(entry.credits for entry in entries if entry.message is None)
        if account.credits != balance or balance < 0:
            yield f"{account.name} has {account.credits}, its entries say {balance}"
        if granted - charged != balance:
            yield f"{account.name} got {granted}, its messages cost {charged}, it has {balance}"


CHECKS = (
    promises_are_kept,
    nothing_is_sent_twice,
    every_end_is_explained,
    stories_have_no_gaps,
    the_ledger_adds_up,
)


def findings(hosts: Hosts, submitters: Sequence[Submitter], *, deaths: int) -> list[str]:
    """What is wrong once everything has left."""
    evidence = gather(hosts, submitters, deaths=deaths)
    found = [fault for one in submitters for fault in one.faults]
    return found + [f"{check.__name__}: {one}" for check in CHECKS for one in check(evidence)]


@pytest.mark.slow
def test_servers_that_are_killed_at_random_keep_their_promises(
    hosts: Hosts, request: pytest.FixtureRequest
) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    doors = [hosts.server("alpha", "api"), hosts.server("beta", "api")]
    senders = [hosts.server("alpha", "channels"), hosts.server("beta", "channels")]
    submitters = [
        *(Submitter(order, hosts.credentials.key) for order in (doors, doors[::-1])),
        *(Submitter(order, hosts.credentials.poor, pause=0.2) for order in (doors, doors[::-1])),
    ]
    kills = NIGHTLY_KILLS if request.config.getoption("nightly") else KILLS

    for number in range(kills):
        until_more(10, submitters)
        if number == kills // 2:
            hosts.cluster.kill()
            until_refused(submitters)
            hosts.cluster.start()
            continue
        victim = chance.choice([*doors, *senders])
        victim.kill()
        victim.start()
    until_more(10, submitters)
    for one in submitters:
        one.stop()

    found = findings(hosts, submitters, deaths=kills)
    assert not found, f"seed {seed}: {found[:10]}"
    assert sum(one.refused for one in submitters[2:]), "nobody ran out of credits"


def run(hosts: Hosts, *arguments: str):
    config = str(hosts.directory / "alpha" / "smscore.toml")
    result = CliRunner().invoke(smscore, [*arguments, "--config", config])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def submit(hosts: Hosts, door: Server, to: str) -> int:
    answer = httpx2.post(
        f"{door.url}/v1/messages",
        headers={"Authorization": f"Bearer {hosts.credentials.key}"},
        json={"to": to, "message": "hello"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return int(answer.json()["message_id"].removeprefix("msg_"), 16)


def has_left(hosts: Hosts, message: int) -> bool:
    with hosts.open() as gateway:
        status = gateway.inquiry.message(message).delivery.status
    return status in (Status.SENT, Status.DELIVERED)


def holders(hosts: Hosts) -> dict[str, str]:
    with hosts.open() as gateway:
        rights = gateway.store.read(lambda view: view.processes.rights())
    return {name: right.server for name, right in rights.items()}


def test_what_any_host_can_carry_is_taken_over_and_a_modem_waits_for_its_host(
    hosts: Hosts,
) -> None:
    door = hosts.server("alpha", "api")
    alpha = hosts.server("alpha", "channels")
    until(lambda: "channel anywhere" in holders(hosts))
    beta = hosts.server("beta", "channels")
    until(lambda: "channel modem-2" in holders(hosts))
    assert holders(hosts)["channel anywhere"] == "alpha"

    alpha.kill()
    message, waiting = submit(hosts, door, "+491721234567"), submit(hosts, door, "+491701234567")

    until(lambda: has_left(hosts, message))
    now = holders(hosts)
    assert {now[name] for name in now if name != "channel modem-1"} == {"beta"}
    until(lambda: "degraded" in [one["status"] for one in door.ready()["checks"]])
    [down] = [one for one in run(hosts, "channel", "list", "--json") if one["state"] != "ready"]
    assert (down["name"], down["server"]) == ("modem-1", "alpha")
    assert down["detail"] == "the server alpha, which runs it, is not heard of"
    assert not has_left(hosts, waiting)
    alpha.start()
    until(lambda: has_left(hosts, waiting))
    shown = {one["name"]: one for one in run(hosts, "servers", "--json") if one["is_alive"]}
    assert "channel modem-1" in shown["alpha"]["runs"]
    assert "channel anywhere" in shown["beta"]["runs"]
    beta.stop()
    until(lambda: holders(hosts).get("channel anywhere") == "alpha")


@pytest.mark.slow
def test_a_server_that_was_frozen_finds_its_channels_taken_and_sends_nothing_twice(
    hosts: Hosts,
) -> None:
    doors = [hosts.server("alpha", "api")]
    alpha = hosts.server("alpha", "channels")
    until(lambda: "channel anywhere" in holders(hosts))
    hosts.server("beta", "channels")
    submitter = Submitter(doors, hosts.credentials.key, pause=0.3)
    until(lambda: len(submitter.promised) > 10)

    alpha.send(signal.SIGSTOP)
    until(lambda: holders(hosts).get("channel anywhere") == "beta", patience=120)
    before = len(hosts.taken())
    until(lambda: len(hosts.taken()) > before + 5)
    alpha.send(signal.SIGCONT)
    until_more(10, [submitter])
    submitter.stop()

    assert holders(hosts)["channel anywhere"] == "beta"
    assert not findings(hosts, [submitter], deaths=1)


def test_two_hosts_with_a_modem_of_one_name_are_told(hosts: Hosts) -> None:
    for host in ("alpha", "beta"):
        hosts.configure(host, without='runs_on = "alpha"\n')
    hosts.server("alpha", "channels")
    until(lambda: "channel modem-1" in holders(hosts))

    beta = hosts.server("beta", "channels")

    until(lambda: "channel modem-2" in holders(hosts))
    shown = {one["name"]: one for one in run(hosts, "servers", "--json")}
    assert shown["alpha"]["conflicts"] == shown["beta"]["conflicts"] == ["modem-1"]
    assert holders(hosts)["channel modem-1"] == "alpha"
    assert "it belongs to the server alpha" in beta.log.read_text()


def test_a_host_with_a_key_file_of_its_own_is_told_and_runs_nothing(hosts: Hosts) -> None:
    hosts.server("alpha", "api")
    config = hosts.directory / "beta" / "smscore.toml"
    config.write_text(config.read_text().replace("/smscore.key", "/forgotten.key"))

    CliRunner().invoke(smscore, ["check", "--config", str(config)])
    assert not (hosts.directory / "forgotten.key").exists()

    with pytest.raises(AssertionError, match=r"the server alpha .* has another key file"):
        hosts.server("beta", "channels")
    checked = CliRunner().invoke(smscore, ["check", "--config", str(config)])
    assert "server alpha: has another key file" in checked.stdout


def posted(door: Server, key: str, to: str = "+491721234567") -> httpx2.Response:
    return httpx2.post(
        f"{door.url}/v1/messages",
        headers={"Authorization": f"Bearer {key}"},
        json={"to": to, "message": "hello"},
        timeout=PATIENCE,
    )


def logged_in(door: Server, password: str) -> httpx2.Response:
    form = {"username": "apiuser", "password": password, "to": "+491721234567", "text": "hello"}
    return httpx2.post(f"{door.url}/api.php", data=form, timeout=PATIENCE)


def test_servers_follow_what_another_process_changes(hosts: Hosts) -> None:
    doors = [hosts.server("alpha", "api"), hosts.server("beta", "api")]
    key = hosts.credentials.key
    for door in doors:  # so that each of them remembers everything
        assert posted(door, key).status_code == 200
        assert logged_in(door, "correct horse").status_code == 200

    def all_doors(is_so: Callable[[Server], bool]) -> None:
        until(lambda: all(is_so(door) for door in doors))

    with hosts.open() as gateway:
        gateway.administration.change_user("apiuser", password="another-word")
        all_doors(lambda door: logged_in(door, "correct horse").status_code == 401)
        assert logged_in(doors[0], "another-word").status_code == 200

        gateway.rules.apply([Route(name="all", channels=("modem-2",))])
        all_doors(lambda door: has_route(gateway, posted(door, key), "modem-2"))

        gateway.consent.hold([Wish(kind=MarkKind.OPTED_OUT, number="+491721234567")])
        all_doors(lambda door: posted(door, key).status_code != 200)
        assert posted(doors[0], key, to="+491721234568").status_code == 200

        gateway.administration.change_account("acme", AccountChanges(tariff="standard"))
        all_doors(lambda door: limit_of(posted(door, key)) == 5)


def has_route(gateway: Gateway, answer: httpx2.Response, channel: str) -> bool:
    message = int(answer.json()["message_id"].removeprefix("msg_"), 16)
    return gateway.inquiry.message(message).delivery.channel == channel


def limit_of(answer: httpx2.Response) -> int:
    return int(answer.headers["x-ratelimit-limit"])


def test_limits_are_shared_by_the_servers_that_live(hosts: Hosts) -> None:
    with hosts.open() as gateway:
        gateway.administration.change_account("acme", AccountChanges(tariff="standard"))
    first = hosts.server("alpha", "api")
    assert limit_of(posted(first, hosts.credentials.key)) == 10

    second = hosts.server("beta", "api")
    until(lambda: limit_of(posted(first, hosts.credentials.key)) == 5)
    assert limit_of(posted(second, hosts.credentials.key)) == 5

    second.kill()
    until(lambda: limit_of(posted(first, hosts.credentials.key)) == 10)
