"""
The search for secrets in all logs finds them, whoever logs them, and names the test and the line.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]

CONFTEST = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from log_search import LogSearch

def pytest_configure(config):
    config.pluginmanager.register(LogSearch(), "log-search")
"""

PLANTED = {
    "password": "password=first-word",
    "key": "sk_0123456789abcdefghij",
    "webhook": "whsec_QUJDREVGR0g=",
    "token": "GET /api/" + "0123456789abcdef" * 4,
    "session": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc",
    "bot": "/bot123456789:AAFakeFakeFakeFakeFakeFakeFakeFake/getMe",
    "hash": "$argon2id$v=19$m=19456",
    "pin": 'AT+CPIN="1234"',
}

PROGRAM = """
import logging
import pytest
from log_search import search

log = logging.getLogger("smscore_http.somewhere")
planted = {planted!r}

def test_innocent(caplog):
    log.debug("message 0123456789abcdef, a word, +491701234567")
    assert caplog.text == ""

@pytest.mark.parametrize("name", planted)
def test_logs(name):
    log.debug("it was %s", planted[name])

def test_asks_for_details(caplog):
    caplog.set_level("DEBUG", logger="smscore_http")
    log.debug("here they are")
    assert "here they are" in caplog.text

def test_client():
    logging.getLogger("httpx2").info("GET /api.php?password=first-word")

def test_client_of_telegram():
    logging.getLogger("httpx2").info("GET %s", planted["bot"])

def test_stops_listening():
    root = logging.getLogger()
    root.handlers[:] = []
    root.setLevel("ERROR")

def test_traceback():
    try:
        raise ValueError("second-word")
    except ValueError:
        log.exception("failed")

def test_server():
    search(["all well", "INFO third-word"], of="server")

def test_metrics():
    search(["# HELP smscore_x x", 'smscore_x{{channel="fourth-word"}} 1.0'], of="/metrics")

def test_spans():
    search(['{{"name": "send", "account": "acme"}}'], of="spans", literally=["acme"])

def test_file(tmp_path):
    (tmp_path / "demo-credentials.json").write_text('{{"password": "xYz0", "username": "demo"}}')
    (tmp_path / "server.log").write_text("demo is here\\nxYz0 is here\\n")
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What pytest says about tests that log secrets."""
    directory = tmp_path_factory.mktemp("suite")
    (directory / "conftest.py").write_text(CONFTEST)
    (directory / "test_planted.py").write_text(PROGRAM.format(planted=PLANTED))
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n2", "-p", "no:cacheprovider", "--rootdir=."],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_secret_is_found_with_its_test_and_line(said, name):
    line = f"smscore_http.somewhere: it was {PLANTED[name]}"

    assert f"test_planted.py::test_logs[{name}] logged a secret:\n{line}\n" in said


@pytest.mark.parametrize(
    "test", ["client_of_telegram", "traceback", "server", "metrics", "spans", "file"]
)
def test_a_planted_secret_is_found_wherever_it_is(said, test):
    assert f"ERROR test_planted.py::test_{test} - " in said


@pytest.mark.parametrize("test", ["innocent", "client", "asks_for_details", "stops_listening"])
def test_everybody_else_passes(said, test):
    assert not re.search(rf"(ERROR|FAILED) test_planted.py::test_{test} ", said)


def test_the_workers_say_how_much_they_searched(said):
    assert re.search(r"log lines searched for secrets: 1[0-9]\n", said)
    assert "lines of what is measured: 2 of /metrics, 1 of spans\n" in said
