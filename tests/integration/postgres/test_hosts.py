"""
Hosts with addresses of their own, which reach PostgreSQL over TCP and by a password, until a cable
is pulled: then nobody is told anything, as between machines.
"""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from asking import has_left, holders, logged_in, posted, run, submit
from networks import Network, NoNamespaces
from postgres import PostgresCluster, a_cluster
from promises import findings
from several import PATIENCE, Hosts, Server, Submitter, until, until_more

PULLS, NIGHTLY_PULLS = 3, 30
LONGEST, NIGHTLY_LONGEST = 8.0, 45.0  # seconds without a cable: in 8 nobody is given up
PASSWORD = "spoken only over TCP"
SERVERS = ("alpha", "beta")


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with ExitStack() as resources:
        try:
            network = resources.enter_context(Network("database", *SERVERS, "caller"))
        except NoNamespaces as reason:
            pytest.skip(f"hosts need network namespaces: {reason}")
        yield network


@pytest.fixture(scope="module")
def cluster(network: Network) -> Iterator[PostgresCluster]:
    database = network["database"]
    with ExitStack() as resources:
        with database.inside():
            cluster = resources.enter_context(a_cluster(listen_addresses=database.address))
        with (cluster.directory / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all smscore 10.77.0.0/24 scram-sha-256\n")
        with cluster.connect() as connection:
            connection.execute(f"ALTER ROLE smscore PASSWORD '{PASSWORD}'")
            connection.execute("SELECT pg_reload_conf()")
        yield cluster


@pytest.fixture
def hosts(network: Network, cluster: PostgresCluster, tmp_path: Path) -> Iterator[Hosts]:
    """Two of them; the test itself is where callers are."""
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:smscore:{PASSWORD}\n")
    passwords.chmod(0o600)

    def over_tcp(url: str) -> str:
        place = f"{network['database'].address}{urlsplit(url).path}"
        return f"postgresql://smscore@{place}?passfile={passwords}"

    addresses = {name: network[name].address for name in SERVERS}
    proxies = [network["caller"].address]
    with (
        network["caller"].inside(),
        Hosts(tmp_path, cluster, url=over_tcp, addresses=addresses, proxies=proxies) as hosts,
    ):
        yield hosts


@pytest.fixture
def servers(hosts: Hosts, network: Network) -> tuple[Server, Server]:
    """One on each; the first has all that any host can carry."""
    with network["alpha"].inside():
        alpha = hosts.server("alpha", "all")
    until(lambda: "channel anywhere" in holders(hosts))
    with network["beta"].inside():
        beta = hosts.server("beta", "all")
    until(lambda: "channel modem-2" in holders(hosts))
    return alpha, beta


def sent_by(hosts: Hosts, modem: str) -> int:
    """How many parts the network of a modem has."""
    prefix = {"modem-1": "+49170", "modem-2": "+49171"}[modem]
    return sum(to.startswith(prefix) for to, _ in hosts.taken())


def shown(hosts: Hosts) -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in run(hosts, "servers", "--json")}


def test_hosts_share_a_database_that_asks_for_a_password(
    hosts: Hosts, servers: tuple[Server, Server], network: Network
) -> None:
    alpha, beta = servers

    by_the_other = submit(hosts, alpha, "+491711234567")
    answer = logged_in(beta, "correct horse")

    assert [one.url.rpartition(":")[0] for one in servers] == [
        f"http://{network[name].address}" for name in SERVERS
    ]
    assert answer.text.startswith("OK"), answer.text
    by_any = int(answer.text.rpartition("ID: ")[2], 16)
    until(lambda: has_left(hosts, by_the_other) and has_left(hosts, by_any))
    assert {name: one["is_alive"] for name, one in shown(hosts).items()} == {
        "alpha": True,
        "beta": True,
    }
    assert "channel modem-2" in shown(hosts)["beta"]["runs"]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"{hosts.url.partition('?')[0]}?password=wrong")


def test_a_proxy_is_believed_by_its_address(
    hosts: Hosts, servers: tuple[Server, Server], network: Network
) -> None:
    alpha, beta = servers

    def until_slowed_down(server: Server, client: str) -> None:
        def is_told() -> bool:
            logged_in(server, "not that", **{"X-Forwarded-For": "203.0.113.9"})
            return f"too many wrong passwords from {client}" in server.log.read_text()

        until(is_told)

    until_slowed_down(alpha, "203.0.113.9")
    with network["alpha"].inside():
        until_slowed_down(beta, network["alpha"].address)


@pytest.mark.slow
def test_a_host_whose_cable_is_pulled_is_followed_and_goes_on_when_it_is_plugged_in(
    hosts: Hosts, servers: tuple[Server, Server], network: Network
) -> None:
    alpha, beta = servers
    with network["alpha"].inside():  # a program beside the server
        there = Submitter([alpha], hosts.credentials.key)
    elsewhere = Submitter([beta], hosts.credentials.key)
    until_more(10, [there])
    until_more(10, [elsewhere])

    network["alpha"].pull()
    until(lambda: holders(hosts).get("channel anywhere") == "beta", patience=120)
    before = sent_by(hosts, "modem-1")
    until(lambda: there.unavailable > 1)
    now = holders(hosts)
    assert {now[name] for name in now if name != "channel modem-1"} == {"beta"}
    message, waiting = submit(hosts, beta, "+491721234567"), submit(hosts, beta, "+491701234567")
    until(lambda: has_left(hosts, message))
    [down] = [one for one in run(hosts, "channel", "list", "--json") if one["state"] != "ready"]
    assert (down["name"], down["server"]) == ("modem-1", "alpha")
    assert down["detail"] == "the server alpha, which runs it, is not heard of"
    assert {name: one["is_alive"] for name, one in shown(hosts).items()} == {
        "alpha": False,
        "beta": True,
    }
    with network["alpha"].inside():
        assert posted(alpha, hosts.credentials.key).status_code == 503
    assert sent_by(hosts, "modem-1") == before

    network["alpha"].plug()
    until(lambda: has_left(hosts, waiting))
    until_more(10, [there])
    until_more(10, [elsewhere])
    there.stop()
    elsewhere.stop()
    assert holders(hosts)["channel anywhere"] == "beta"
    assert holders(hosts)["channel modem-1"] == "alpha"
    assert not findings(hosts, [there, elsewhere], deaths=1)


def answered_while(server: Server, work: Callable[[], object]) -> int:
    """How often the server said that it lives before the work had ended."""
    count, pause = 0, threading.Event()
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while not working.done():
            live = httpx2.get(f"{server.url}/health/live", timeout=PATIENCE)
            assert live.status_code == 200
            count += not working.done()
            pause.wait(0.1)
        working.result()
    return count


@pytest.mark.slow
def test_servers_whose_database_loses_its_cable_refuse_and_go_on_when_it_is_back(
    hosts: Hosts, servers: tuple[Server, Server], network: Network
) -> None:
    alpha, _ = servers
    submitters = [Submitter([one], hosts.credentials.key) for one in servers]
    for one in submitters:
        until_more(10, [one])

    network["database"].pull()
    calls = answered_while(alpha, lambda: refuses_strangers(alpha))
    for one in submitters:
        until(lambda one=one: one.unavailable > 1)
    for server in servers:
        assert server.ready()["status"] == "unready"
    network["database"].plug()
    for one in submitters:
        until_more(10, [one])
        one.stop()

    assert calls > 2
    assert not findings(hosts, submitters, deaths=len(servers))


def refuses_strangers(server: Server) -> None:
    """Nobody knows yet that they are: there are more of them than the server has threads."""
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda number: posted(server, f"sk_{number}"), range(40)))
    assert {one.status_code for one in answers} == {503}


@pytest.mark.slow
def test_cables_that_are_pulled_at_random_cost_nothing_that_was_promised(
    hosts: Hosts,
    servers: tuple[Server, Server],
    network: Network,
    request: pytest.FixtureRequest,
) -> None:
    is_nightly = request.config.getoption("nightly")
    pulls, longest = (NIGHTLY_PULLS, NIGHTLY_LONGEST) if is_nightly else (PULLS, LONGEST)
    seed, pause = random.randrange(1_000_000), threading.Event()
    chance, submitters = random.Random(seed), []
    for server in servers:
        with network[server.host].inside():
            submitters.append(Submitter([server], hosts.credentials.key))

    for _ in range(pulls):
        until_more(10, submitters)
        cable = network[chance.choice(("database", *SERVERS))]
        cable.pull()
        pause.wait(chance.uniform(0.5, longest))
        cable.plug()
    for one in submitters:
        until_more(10, [one])
        one.stop()

    found = findings(hosts, submitters, deaths=pulls * len(servers))
    assert not found, f"seed {seed}: {found[:10]}"
