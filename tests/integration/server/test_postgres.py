import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from click.testing import CliRunner
from postgres import QUICK, PostgresCluster, a_cluster

from smscore.errors import GatewayError
from smscore_modem.simulator import ModemSimulator
from smscore_server.cli import smscore
from smscore_sqlmodel import migrate

PATIENCE = 30.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster(**QUICK) as cluster:
        yield cluster


def run(directory: Path, *arguments: str) -> str:
    config = () if arguments[0] == "init" else ("--config", str(directory / "smscore.toml"))
    result = CliRunner().invoke(smscore, [*arguments, *config])
    assert result.exit_code == 0, result.output
    return result.output


def test_init_makes_an_empty_database_one_of_smscore(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    url = cluster.new_database()

    shown = json.loads(run(tmp_path, "init", "--dir", str(tmp_path), "--store", url, "--json"))

    assert shown["store"] == url
    assert not list(tmp_path.glob("*.db"))
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM smscore_accounts").fetchone() == (0,)
    assert "is up to date" in run(tmp_path, "migrate")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:geheim@db/sms",
        "postgresql://db/sms?password=geheim",
        *(f"postgresql://me:a{char}geheim@127.0.0.1:1/sms" for char in "/?#:,[%"),
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    result = CliRunner().invoke(smscore, ["init", "--dir", str(tmp_path), "--store", url])

    assert result.exit_code != 0
    assert "geheim" not in result.output
    assert "passfile" in result.output
    assert not (tmp_path / "smscore.toml").exists()
    with pytest.raises(GatewayError) as refusal:
        migrate(url)  # by a host that asks nobody
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://one:1,two:1/sms?user=me@home",
        "postgresql://me@127.0.0.1:1/sms?application_name=sms@home",
        "postgresql://[::1]:1/sms?user=me@home",
    ],
)
def test_what_only_looks_like_a_password_is_none(tmp_path: Path, url: str) -> None:
    result = CliRunner().invoke(smscore, ["init", "--dir", str(tmp_path), "--store", url])

    assert result.output.startswith(f"error: the database {url} cannot be reached")


def test_a_database_that_is_not_there_leaves_no_configuration(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    url = cluster.url("nowhere")
    result = CliRunner().invoke(smscore, ["init", "--dir", str(tmp_path), "--store", url])

    assert result.exit_code == 1
    assert result.output.startswith("error: the database postgresql://smscore@/nowhere")
    assert not (tmp_path / "smscore.toml").exists()


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("", 'GRANT USAGE ON SCHEMA public TO "the clerk"'),
        (
            'GRANT USAGE ON SCHEMA public TO "the clerk"',
            "permission denied for table smscore_schema",
        ),
    ],
)
def test_what_a_role_is_not_granted_is_named(
    cluster: PostgresCluster, tmp_path: Path, granted: str, missing: str
) -> None:
    url = cluster.new_store()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute('DROP ROLE IF EXISTS "the clerk"')
        owner.execute('CREATE ROLE "the clerk" LOGIN')
        owner.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        owner.execute(granted)
    try:
        store = url.replace("//smscore@", "//the%20clerk@")
        (tmp_path / "smscore.toml").write_text(f'[store]\nurl = "{store}"\n')
        for command in ("check", "migrate", "serve", "servers"):
            arguments = [command, "--config", str(tmp_path / "smscore.toml")]
            result = CliRunner().invoke(smscore, arguments)
            assert result.exit_code == 1
            assert missing in result.output, command
            assert "'smscore migrate'" not in result.output, command
    finally:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute('DROP OWNED BY "the clerk"')
            owner.execute('DROP ROLE "the clerk"')


@pytest.fixture
def modems(tmp_path: Path) -> Iterator[ModemSimulator]:
    directory = tmp_path / "modems"
    directory.mkdir()
    with ModemSimulator(modems=1, link_dir=directory, report_delay=0.01) as simulator:
        yield simulator


@pytest.fixture
def gateway(cluster: PostgresCluster, tmp_path: Path, modems: ModemSimulator) -> Path:
    """An installation on PostgreSQL with a modem and an account with ten credits and a key."""
    run(tmp_path, "init", "--dir", str(tmp_path), "--store", cluster.new_store())
    with (tmp_path / "smscore.toml").open("a") as file:
        file.write(
            f'[channels.stick]\ntransport = "modem"\nport = "{modems.ports[0]}"\n'
            "reconnect_delay = 0.05\ngap = 0\n"
        )
    run(tmp_path, "account", "create", "shop", "--credits", "10", "--country", "DE")
    return tmp_path


def send(directory: Path, text: str) -> str:
    shown = run(directory, "send", "--account", "shop", "--to", "+491701234567", text, "--json")
    return str(json.loads(shown)["id"])


def wait_for_status(directory: Path, message: str, status: str) -> None:
    pause, tries = threading.Event(), int(PATIENCE / 0.05)
    while json.loads(run(directory, "status", message, "--json"))["status"] != status:
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.05)


def serving(start: Callable[..., Any], *options: str) -> tuple[Any, str]:
    server = start("serve", "--port", "0", *options)
    found = re.search(r"http://\S+", server.line())
    assert found
    return server, found[0]


def test_a_server_sends_what_commands_accept(
    gateway: Path, start: Callable[..., Any], modems: ModemSimulator
) -> None:
    server, _ = serving(start)

    messages = [send(gateway, f"number {number}") for number in range(3)]
    for message in messages:
        wait_for_status(gateway, message, "delivered")

    assert sorted(one.submit.user_data.content for one in modems.taken) == [
        b"number %d" % number for number in range(3)
    ]
    assert json.loads(run(gateway, "account", "show", "shop", "--json"))["credits"] == 7
    assert server.stop() == 0


def test_a_killed_server_is_followed_by_another_one(
    gateway: Path, start: Callable[..., Any]
) -> None:
    server, _ = serving(start)
    server.kill()
    message = send(gateway, "still there")

    serving(start)

    wait_for_status(gateway, message, "delivered")


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_second_server_stands_by_and_goes_on_when_the_first_one_ends(
    gateway: Path, start: Callable[..., Any], modems: ModemSimulator, end: str
) -> None:
    first, _ = serving(start)
    serving(start)
    wait_for_status(gateway, send(gateway, "by the first one"), "delivered")

    getattr(first, end)()

    wait_for_status(gateway, send(gateway, "by the other one"), "delivered")
    assert len(modems.taken) == 2


def test_several_servers_take_what_one_sends(
    gateway: Path, start: Callable[..., Any], modems: ModemSimulator
) -> None:
    key = json.loads(run(gateway, "key", "create", "--account", "shop", "--json"))["key"]
    urls = [serving(start, "--role", "api")[1] for _ in range(2)]
    _, sender = serving(start, "--role", "channels")
    header = {"Authorization": f"Bearer {key}"}

    for number, url in enumerate(urls * 2):
        body = {"to": "+491701234567", "message": f"number {number}"}
        answer = httpx2.post(f"{url}/v1/messages", headers=header, json=body, timeout=PATIENCE)
        assert answer.status_code == 200
    for one in json.loads(run(gateway, "messages", "list", "--account", "shop", "--json")):
        wait_for_status(gateway, one["id"], "delivered")

    assert sorted(one.submit.user_data.content for one in modems.taken) == [
        b"number %d" % number for number in range(4)
    ]
    for url in (*urls, sender):
        ready = httpx2.get(f"{url}/health/ready", timeout=PATIENCE).json()
        assert {"store", "channel stick"} <= {one["name"] for one in ready["checks"]}
    assert httpx2.get(f"{sender}/v1/messages", headers=header, timeout=PATIENCE).status_code == 404


def test_on_a_file_one_server_does_everything(tmp_path: Path, start: Callable[..., Any]) -> None:
    run(tmp_path, "init", "--dir", str(tmp_path))

    with pytest.raises(AssertionError, match="bears one server, which does everything"):
        start("serve", "--port", "0", "--role", "api").line()


def test_without_its_database_a_server_says_so_and_goes_on_when_it_is_back(
    cluster: PostgresCluster, gateway: Path, start: Callable[..., Any]
) -> None:
    key = json.loads(run(gateway, "key", "create", "--account", "shop", "--json"))["key"]
    _, url = serving(start)

    def submit() -> int:
        return httpx2.post(
            f"{url}/v1/messages",
            headers={"Authorization": f"Bearer {key}"},
            json={"to": "+491701234567", "message": "hi"},
            timeout=PATIENCE,
        ).status_code

    before = submit()
    cluster.kill()
    during = submit()
    cluster.start()
    pause, tries = threading.Event(), int(PATIENCE / 0.1)
    while (after := submit()) != before:
        assert (tries := tries - 1), after
        pause.wait(0.1)

    assert (before, during) == (200, 503)
