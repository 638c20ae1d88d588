"""
The pages of docs/callers: what they show is run by the programs that it is for, or else replayed.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from getpass import getuser
from grp import getgrgid
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import attrs
import httpx2
import pytest
import yaml
from pages import blocks

import smscore
from smscore.ports.storage import Tracked

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
PAGES = HERE.parents[2] / "docs/callers"
PATIENCE = 60.0
ANNA, BERT = "+491701111111", "+491702222222"
PASSWORD = "secret-word"
CHECK_HTTP = "/usr/lib/nagios/plugins/check_http"
MODEM = '\n[channels.modem-1]\ntransport = "modem"\nport = "no-modem-here"\n'


def shown(page: str, language: str, place: int = 0) -> str:
    """One of the examples of a page."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    return blocks(text, language)[place]


def needed(program: str) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed; 'make test-peers' does it")
    return program


def run(*command: str, told: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    """A program, and how it ended."""
    needed(command[0])
    return subprocess.run(
        command,
        input=told,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@attrs.define
class Gateway:
    """A server with the accounts of the page, whose messages wait for a modem."""

    directory: Path
    url: str
    smtp: str
    key: str
    token: str
    _known: int = 0

    def here(self, example: str) -> str:
        """An example with what a reader changes: the address, and what they were given."""
        host, port = urlsplit(self.url).netloc.split(":")
        changed = {
            "-H gateway -p 8080": f"-H {host} -p {port}",
            "gateway:8080": f"{host}:{port}",
            "gateway:2525": self.smtp,
            "TOKEN": self.token,
            "KEY": self.key,
        }
        for printed, ours in changed.items():
            example = example.replace(printed, ours)
        return example

    def stored(self) -> list[Tracked]:
        config = smscore.GatewayConfig.from_toml(self.directory / "smscore.toml")
        with smscore.build(config) as gateway:
            return list(reversed(gateway.inquiry.messages(limit=1000)))

    def news(self) -> list[tuple[str, str]]:
        """To whom and what, since this was asked for the last time."""
        found = self.stored()
        news, self._known = found[self._known :], len(found)
        return [(one.message.recipient.value, one.message.text) for one in news]

    def await_news(self) -> list[tuple[str, str]]:
        """The same, of a program that takes its time."""
        deadline = monotonic() + PATIENCE
        while len(self.stored()) == self._known:
            assert monotonic() < deadline, "nothing was sent"
        return self.news()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    directory = tmp_path_factory.mktemp("gateway")
    smtp = f"127.0.0.1:{free_port()}"

    def smscore(*arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "smscore_server", *arguments]
        done = run(*command, told=f"{PASSWORD}\n", cwd=directory)
        assert done.returncode == 0, done.stderr
        return done.stdout

    smscore("init")
    door = shown("alertmanager", "toml").replace('"0.0.0.0"', '"127.0.0.1"')
    with (directory / "smscore.toml").open("a") as file:
        file.write(MODEM + door.replace("[smtp]", f"[smtp]\nport = {smtp.split(':')[1]}"))
    lines = re.findall(r"^\$ smscore (.*)$", shown("README", "console"), re.MULTILINE)
    said = {line: smscore(*shlex.split(line)) for line in lines}
    key = said["key create --account monitoring"].split()[0]
    token = smscore("token", "create", "--account", "monitoring").split()[0]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "smscore_server", "serve", "--port", "0", "--json"],
        cwd=directory,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, "it says why on standard error"
        yield Gateway(directory, json.loads(line)["url"], smtp, key, token)
        server.terminate()


def test_every_page_is_in_the_table():
    table = re.findall(
        r"^\| \[.*?\]\((.*?)\)", (PAGES / "README.md").read_text("utf-8"), re.MULTILINE
    )

    assert sorted([*table, "README.md"]) == sorted(page.name for page in PAGES.iterdir())


# Nagios.

NAGIOS = """
log_file={0}/nagios.log
cfg_file={0}/objects.cfg
resource_file={0}/resource.cfg
object_cache_file={0}/objects.cache
precached_object_file={0}/objects.precache
status_file={0}/status.dat
temp_file={0}/nagios.tmp
temp_path={0}
check_result_path={0}/results
state_retention_file={0}/retention.dat
command_file={0}/command
query_socket={0}/query
lock_file={0}/lock
nagios_user=root
nagios_group=root
interval_length=1
enable_notifications=1
execute_service_checks=1
check_for_updates=0
"""
NAGIOS_OBJECTS = """
define timeperiod {
  timeperiod_name  24x7
  alias            always
  sunday           00:00-24:00
  monday           00:00-24:00
  tuesday          00:00-24:00
  wednesday        00:00-24:00
  thursday         00:00-24:00
  friday           00:00-24:00
  saturday         00:00-24:00
}
define command {
  command_name  full
  command_line  /bin/sh -c "exit 2"
}
define host {
  host_name           web-1
  address             127.0.0.1
  max_check_attempts  1
  contacts            anna
  check_period        24x7
}
define service {
  host_name              web-1
  service_description    Disk & more
  check_command          full
  check_interval         1
  retry_interval         1
  max_check_attempts     1
  check_period           24x7
  contacts               anna
  notification_interval  0
}
"""


def test_nagios_notifies(gateway: Gateway, tmp_path: Path, watch: Callable[..., Any]) -> None:
    needed("/usr/sbin/nagios4")
    (tmp_path / "results").mkdir()
    (tmp_path / "nagios.cfg").write_text(NAGIOS.format(tmp_path))
    (tmp_path / "resource.cfg").write_text(f"$USER5$={PASSWORD}\n")
    (tmp_path / "objects.cfg").write_text(NAGIOS_OBJECTS + gateway.here(shown("nagios", "nagios")))

    nagios = watch("/usr/sbin/nagios4", str(tmp_path / "nagios.cfg"))

    nagios.wait_for("SERVICE NOTIFICATION|rror|Successfully launched")
    assert gateway.await_news() == [(ANNA, "PROBLEM web-1 Disk & more is CRITICAL")], nagios.said


def test_what_nagios_checks_the_gateway_by_sees_that_no_modem_is_there(gateway: Gateway) -> None:
    line = re.search(r"check_http .*", gateway.here(shown("nagios", "nagios")))

    done = run(CHECK_HTTP, *shlex.split(line[0])[1:])

    assert (done.returncode, done.stdout[:13]) == (2, "HTTP CRITICAL")


# Icinga.

ICINGA = """
object CheckerComponent "checker" { }
object NotificationComponent "notification" { }
object CheckCommand "full" { command = [ "/bin/sh", "-c", "exit 2" ] }
object Host "web-1" {
  check_command = "full"
  max_check_attempts = 1
  check_interval = 1s
  enable_active_checks = OF_HOST
  vars.sms = true
}
object Service "disk" {
  host_name = "web-1"
  check_command = "full"
  max_check_attempts = 1
  check_interval = 1s
  enable_active_checks = !OF_HOST
  vars.sms = true
}
"""


@pytest.mark.parametrize(
    ("of_host", "text"),
    [("false", "PROBLEM web-1 disk is CRITICAL"), ("true", "PROBLEM web-1 is DOWN")],
)
def test_icinga_notifies(
    gateway: Gateway, tmp_path: Path, watch: Callable[..., Any], of_host: str, text: str
) -> None:
    needed("/usr/sbin/icinga2")
    config = tmp_path / "icinga2.conf"
    example = gateway.here(shown("icinga", "icinga2"))
    config.write_text(f"const OF_HOST = {of_host}\n{ICINGA}{example}")
    places = {
        name: str(tmp_path) for name in ("DataDir", "LogDir", "CacheDir", "SpoolDir", "InitRunDir")
    }
    defined = [f"-D{name}={place}" for name, place in places.items()]

    # It would become the user that Debian has for it, who cannot write here.
    ours = (f"ICINGA2_USER={getuser()}", f"ICINGA2_GROUP={getgrgid(os.getgid()).gr_name}")
    icinga = watch("env", *ours, "/usr/sbin/icinga2", "daemon", "-c", str(config), *defined)

    icinga.wait_for("Completed sending|critical/|warning/PluginNotification")
    assert sorted(gateway.await_news()) == [(ANNA, text), (BERT, text)], icinga.said


# Checkmk, by the variables that it sets.


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ({"SERVICEDESC": "Disk", "SERVICESTATE": "CRITICAL"}, "PROBLEM web-1 Disk CRITICAL"),
        ({"HOSTSTATE": "DOWN"}, "PROBLEM web-1  DOWN"),
    ],
)
def test_the_script_for_checkmk_sends(
    gateway: Gateway, tmp_path: Path, seen: dict[str, str], text: str
) -> None:
    script = tmp_path / "sms"
    script.write_text(gateway.here(shown("checkmk", "sh")))
    script.chmod(0o755)
    usual = {"CONTACTPAGER": "0170 1111111", "NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "web-1"}
    told = {f"NOTIFY_{name}": value for name, value in {**usual, **seen}.items()}
    needed("curl")

    done = run(str(script), env={"PATH": os.environ["PATH"], **told})

    assert done.returncode == 0, done.stderr
    assert gateway.news() == [(ANNA, text)]


def test_the_script_for_checkmk_fails_when_it_is_refused(gateway: Gateway) -> None:
    needed("curl")

    done = run("sh", "-c", gateway.here(shown("checkmk", "sh")), env={"PATH": os.environ["PATH"]})

    assert done.returncode == 22
    assert gateway.news() == []


# Zabbix.


@pytest.mark.parametrize(("to", "sent"), [("01701111111", True), ("nobody", False)])
def test_zabbix_runs_the_script(gateway: Gateway, tmp_path: Path, to: str, *, sent: bool) -> None:
    needed("zabbix_js")
    script, given = tmp_path / "sms.js", tmp_path / "parameters.json"
    script.write_text(gateway.here(shown("zabbix", "js")))
    given.write_text(json.dumps({"to": to, "text": "Disk & 100 % full: Größe"}))

    done = run("zabbix_js", "-s", str(script), "-i", str(given))

    assert ("OK\nID: " in done.stdout) == sent, done
    assert gateway.news() == ([(ANNA, "Disk & 100 % full: Größe")] if sent else [])


def test_the_expression_for_zabbix_finds_the_signal(gateway: Gateway) -> None:
    expression = re.search(r"`(signal: .*?)`", (PAGES / "zabbix.md").read_text("utf-8"))[1]

    reply = httpx2.get(f"{gateway.url}/check.php?option=signal", timeout=PATIENCE)

    assert re.search(expression, reply.text)[1] == "-113"


# Alertmanager.


def test_alertmanager_mails_and_the_group_gets_it(
    gateway: Gateway, tmp_path: Path, watch: Callable[..., Any]
) -> None:
    needed("prometheus-alertmanager")
    config, address = tmp_path / "alertmanager.yml", f"127.0.0.1:{free_port()}"
    example = gateway.here(shown("alertmanager", "yaml"))
    config.write_text(example.replace("  group_by:", "  group_wait: 0s\n  group_by:"))
    alertmanager = watch(
        "prometheus-alertmanager",
        f"--config.file={config}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    )
    alertmanager.wait_for("Listening on")

    alert = {
        "labels": {"alertname": "DiskFull", "instance": "web-1"},
        "annotations": {"summary": "web-1: 97 % of /var"},
        "startsAt": datetime.now(UTC).isoformat(),
    }
    httpx2.post(f"http://{address}/api/v2/alerts", json=[alert], timeout=PATIENCE)

    text = "FIRING DiskFull web-1: 97 % of /var"
    assert sorted(gateway.await_news()) == [(ANNA, text), (BERT, text)], alertmanager.said


# Uptime Kuma, by the library that fills in its templates.

FILL_IN = """
const { Liquid } = require('liquidjs');
const { template, msg } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(new Liquid().parseAndRenderSync(template, { msg }));
"""


@pytest.mark.parametrize("text", ['[web-1] [🔴 Down] "connect" failed\nat 8:00', "x" * 2000])
def test_what_uptime_kuma_posts_sends(gateway: Gateway, peers_directory: Path, text: str) -> None:
    modules = peers_directory / "node_modules"
    if not (modules / "liquidjs").exists():
        pytest.skip("liquidjs is not installed; 'make test-peers' does it")
    question = {"template": shown("uptime-kuma", "liquid"), "msg": text}
    environment = {**os.environ, "NODE_PATH": str(modules)}
    filled = run("node", "-e", FILL_IN, told=json.dumps(question), env=environment)

    reply = httpx2.post(
        gateway.here(shown("uptime-kuma", "text")).strip(),
        content=filled.stdout.encode(),
        headers=json.loads(gateway.here(shown("uptime-kuma", "json"))),
        timeout=PATIENCE,
    )

    assert reply.status_code == 200, reply.text
    cut = text if len(text) <= 300 else "x" * 297 + "..."
    assert gateway.news() == [(ANNA, cut), (BERT, cut)]


# Home Assistant, by what its configuration says that it does.


class WithSecrets(yaml.SafeLoader):
    """YAML with words that stand in another file."""


WithSecrets.add_constructor("!secret", lambda loader, node: loader.construct_scalar(node))


def test_what_home_assistant_posts_sends(gateway: Gateway) -> None:
    said = yaml.load(shown("home-assistant", "yaml"), WithSecrets)
    command = said["rest_command"]["send_sms"]
    secrets = yaml.safe_load(gateway.here(shown("home-assistant", "yaml", 1)))
    data = yaml.safe_load(shown("home-assistant", "yaml", 2))["data"]
    names = set(re.findall(r": (\w+)", command["payload"]))

    reply = httpx2.request(
        command["method"],
        gateway.here(command["url"]),
        content=json.dumps(data),
        headers={
            "Content-Type": command["content_type"],
            **{name: secrets[secret] for name, secret in command["headers"].items()},
        },
        timeout=PATIENCE,
    )

    assert reply.status_code == 200, reply.text
    assert names == set(data)
    assert gateway.news() == [(ANNA, "Water in the cellar")]


# Apprise.


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("more", [(), ("-t", "A title")])
def test_apprise_sends(
    gateway: Gateway, peer_python: str, place: int, more: tuple[str, ...]
) -> None:
    line = shlex.split(gateway.here(shown("apprise", "sh", place)))

    done = run(str(Path(peer_python).with_name("apprise")), *line[1:], *more)

    assert done.returncode == 0, done
    assert gateway.news() == [(ANNA, "Disk full on web-1")]
