"""
What monitoring systems call the gateway API with: curl, apprise and check_http, unmodified.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

import smscore
from smscore.ports.storage import Tracked

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
PATIENCE = 60.0
CHECK_HTTP = "/usr/lib/nagios/plugins/check_http"
OK = re.compile(r"OK\nID: [0-9a-f]{16}")
BY_TELEGRAM, BY_SMS = "chat", "modem"


class Served:
    """A running server, and what it stores."""

    def __init__(self, directory: Path, heard: str = "-83") -> None:
        self._directory = directory
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "serve_gateway.py"), str(directory), heard],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())
        self.host, _, self.port = self.url.removeprefix("http://").partition(":")
        self._known = 0

    def news(self) -> list[Tracked]:
        """The messages since this was asked for the last time, oldest first."""
        with smscore.build(smscore.GatewayConfig(directory=self._directory)) as gateway:
            found = list(reversed(gateway.inquiry.messages(limit=1000)))
        news, self._known = found[self._known :], len(found)
        return news

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("served"))
    yield served
    served.end()


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """A program, and how it ended."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; 'make test-peers' does it")
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )


# curl: what the users' guide of such gateways tells people to type.

SMS = "text=Test&to=00491701234567&username=apiuser&password=secret&mode=number"
TELEGRAM = (
    "text=Test&to=00491701234567&username=apiuser&password=secret&mode=telnumber&telauto=false"
)
HEX = (
    "text=48616c6c6f2064696573206973742065696e65205465737420534d53&to=00491701234567"
    "&username=apiuser&password=secret&hexmode=true"
)
EXAMPLES = [
    pytest.param(SMS, "Test", BY_SMS, id="SMS"),
    pytest.param(TELEGRAM, "Test", BY_TELEGRAM, id="Telegram"),
    pytest.param(HEX, "Hallo dies ist eine Test SMS", BY_SMS, id="hexmode"),
]


@pytest.mark.parametrize(("given", "text", "channel"), EXAMPLES)
@pytest.mark.parametrize(
    "line",
    [
        pytest.param('curl -s -X GET "{url}/api.php?{given}"', id="GET"),
        pytest.param('curl -s -X POST -d "{given}" "{url}/api.php"', id="POST"),
        pytest.param(
            'curl -s -X POST -H "Expect: 100-continue" -d "{given}" "{url}/api.php"',
            id="POST after a question",
        ),
        pytest.param('curl -s -0 -H "Host:" "{url}/api.php?{given}"', id="HTTP/1.0 without Host"),
        pytest.param('curl -s -X POST -d "" "{url}/api.php?{given}"', id="POST with a query"),
        pytest.param(
            'curl -s -X POST -H "Content-Type: multipart/form-data" "{url}/api.php?{given}"',
            id="POST of an empty form",
        ),
    ],
)
def test_the_lines_for_curl_send(
    served: Served, line: str, given: str, text: str, channel: str
) -> None:
    done = run(*shlex.split(line.format(url=served.url, given=given)))

    assert OK.fullmatch(done.stdout), done
    [tracked] = served.news()
    assert (tracked.message.text, tracked.delivery.channel) == (text, channel)
    assert tracked.message.recipient.value == "+491701234567"


def test_curl_is_told_why_not(served: Served) -> None:
    wrong = SMS.replace("=secret", "=wrong")

    done = run("curl", "-s", "-w", " %{http_code}", f"{served.url}/api.php?{wrong}")

    assert done.stdout == "401 Unauthorized - Username or Password wrong 401"
    assert served.news() == []


# apprise, and its plug-in for forms.


@pytest.fixture
def apprise(peer_python: str) -> str:
    return str(Path(peer_python).with_name("apprise"))


def form(served: Served, **more: str) -> str:
    """The address under which apprise knows the gateway."""
    fields = {
        ":message": "text",
        ":title": "",
        ":type": "",
        ":version": "",
        ":to": "+491701234567",
        ":username": "apiuser",
        ":password": "secret",
        ":mode": "number",
        **more,
    }
    return f"form://{served.host}:{served.port}/api.php?{urlencode(fields)}"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("text", ["Disk full on web-1", "Größe: 100 % & mehr + x"])
def test_apprise_sends(served: Served, apprise: str, method: str, text: str) -> None:
    done = run(apprise, "-vv", "-b", text, form(served, method=method))

    assert done.returncode == 0, done
    [tracked] = served.news()
    assert tracked.message.text == text
    assert tracked.message.recipient.value == "+491701234567"


def test_apprise_sees_a_refusal(served: Served, apprise: str) -> None:
    done = run(apprise, "-b", "Test", form(served, **{":password": "wrong"}))

    assert done.returncode != 0
    assert served.news() == []


# check_http of the monitoring plug-ins.


@pytest.mark.parametrize(
    ("heard", "status", "words"),
    [("-83", 0, "HTTP OK"), ("-95", 2, "HTTP CRITICAL"), ("nothing", 2, "HTTP CRITICAL")],
)
def test_check_http_looks_at_the_state(tmp_path: Path, heard: str, status: int, words: str) -> None:
    served = Served(tmp_path, heard)

    done = check_http(served, "/check.php?option=state", "-s", "SIGNAL_OK")

    served.end()
    assert (done.returncode, done.stdout[: len(words)]) == (status, words), done


def test_check_http_reads_the_whole_page(served: Served) -> None:
    lines = r"que: [0-9]+.failed: 0.signal: -83db.total: [0-9]+.state: SIGNAL_OK.load: "

    done = check_http(served, "/check.php", "-l", "-r", lines)

    assert done.returncode == 0, done


def check_http(served: Served, path: str, *options: str) -> subprocess.CompletedProcess[str]:
    return run(CHECK_HTTP, "-H", served.host, "-p", served.port, "-u", path, *options)
