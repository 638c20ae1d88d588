"""
Two servers that take messages and two that send them, on one PostgreSQL; all of them processes.
"""

import random
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from asking import has_left, holders, logged_in, posted, run, submit
from click.testing import CliRunner
from postgres import PostgresCluster, a_cluster
from promises import findings
from several import PATIENCE, Hosts, Server, Submitter, until, until_more

from smscore import Gateway
from smscore.domain.consent import MarkKind
from smscore.domain.deliveries import ProcessId
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.ports.storage import Lane, ServerFacts, UnitOfWork
from smscore.services.consent import Wish
from smscore_server.cli import smscore

KILLS, NIGHTLY_KILLS = 4, 60


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


def test_the_modem_of_another_host_is_left_alone(hosts: Hosts) -> None:
    """What this host has at the same port may be another modem, with another PIN."""
    config = str(hosts.directory / "beta" / "smscore.toml")
    checked = CliRunner().invoke(smscore, ["check", "--config", config])
    assert re.search(r"note +channel modem-1: it belongs to the server alpha", checked.stdout)
    assert re.search(r"ok +channel modem-2: ready", checked.stdout)

    asked = CliRunner().invoke(
        smscore, ["modem", "signal", "--modem", "modem-1", "--config", config]
    )
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert "modem-1 belongs to the server alpha" in asked.stderr

    hosts.server("alpha", "channels")
    until(lambda: "channel modem-1" in holders(hosts))
    until(lambda: run(hosts, "channel", "list", "--json")[0]["state"] == "ready")
    checked = CliRunner().invoke(smscore, ["check", "--wait", "0", "--config", config])
    assert re.search(r"ok +channel modem-1: ready, says the server alpha", checked.stdout)


def test_a_backup_names_what_makes_one(hosts: Hosts) -> None:
    config = str(hosts.directory / "alpha" / "smscore.toml")

    result = CliRunner().invoke(smscore, ["backup", "copies", "--config", config])

    assert (result.exit_code, result.stdout) == (1, "")
    assert "such as pg_dump; copy the key file" in result.stderr
    assert f"{hosts.directory}/smscore.key" in result.stderr


def test_a_server_without_channels_is_known_to_run(hosts: Hosts) -> None:
    config = str(hosts.directory / "beta" / "smscore.toml")
    server = hosts.server("beta", "api")

    checked = CliRunner().invoke(smscore, ["check", "--config", config])
    assert "note   server: it is running, and has no channels" in checked.stdout

    server.kill()
    checked = CliRunner().invoke(smscore, ["check", "--config", config])
    assert "note   server: it is not running" in checked.stdout


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


def test_a_server_whose_clock_is_another_one_and_one_with_other_channels_are_told(
    hosts: Hosts,
) -> None:
    config = hosts.directory / "beta" / "smscore.toml"
    text = config.read_text()
    config.write_text(text[: text.index("[channels.modem-1]")])
    hosts.server("alpha", "channels")
    checked = CliRunner().invoke(smscore, ["check", "--config", str(config)])
    assert "server alpha: has channels of which nothing is said here: modem-1" in checked.stdout

    with hosts.open() as gateway, heard_of(gateway, "gamma", behind=timedelta(minutes=5)):
        checked = CliRunner().invoke(smscore, ["check", "--config", str(config)])
        shown = CliRunner().invoke(smscore, ["servers", "--config", str(config)])
        gamma = {one["name"]: one for one in run(hosts, "servers", "--json")}["gamma"]

    assert re.search(
        r"server gamma: of the role api, lives, but its clock is [23]\d\d s behind", checked.stdout
    )
    assert re.search(r"(?m)^gamma  api +1 +wrong clock ", shown.stdout)
    assert re.search(r"gamma lives, but its clock is [23]\d\d s behind the one", shown.stdout)
    assert gamma["is_alive"]
    assert -310 < gamma["clock_ahead"] < -290


def test_a_server_that_is_dead_is_not_taken_for_one_with_another_clock(hosts: Hosts) -> None:
    with hosts.open() as gateway, heard_of(gateway, "gamma", behind=timedelta(minutes=5)):
        pass
    [gamma] = run(hosts, "servers", "--json")

    assert (gamma["is_alive"], gamma["clock_ahead"]) == (False, None)


@contextmanager
def heard_of(gateway: Gateway, name: str, *, behind: timedelta) -> Iterator[None]:
    """A server that does nothing but live, by a clock of its own."""
    over = threading.Event()
    about = ServerFacts(name=name, role="api", version="1", started_at=gateway.clock.now())

    def beat(work: UnitOfWork) -> None:
        work.processes.beat(ProcessId(900), now=gateway.clock.now() - behind, about=about)

    def live() -> None:
        while not over.wait(0.5):
            gateway.store.run(beat, lane=Lane.CUSTODY).result(PATIENCE)

    thread = threading.Thread(target=live)
    thread.start()
    until(lambda: name in {one.about.name for one in gateway.inquiry.servers()})
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)


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
