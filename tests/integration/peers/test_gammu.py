"""
gammu, unmodified, on a simulated modem.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.peers

Gammu = Callable[..., str]
LONG = "Ten times ten. " * 19 + "The end."


@pytest.fixture
def program() -> str:
    found = shutil.which("gammu")
    if found is None:
        pytest.skip("gammu is not installed; 'make test-peers' does it")
    return found


@pytest.fixture
def settings(line: Any, tmp_path: Path) -> Path:
    path = tmp_path / "gammurc"
    path.write_text(f"[gammu]\ndevice = {line.port}\nconnection = at\n")
    return path


@pytest.fixture
def gammu(program: str, settings: Path) -> Gammu:
    """Runs gammu on the modem; what it prints."""

    def run(*command: str, status: int = 0) -> str:
        finished = subprocess.run(
            [program, "--config", str(settings), *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert finished.returncode == status, finished.stdout + finished.stderr
        return finished.stdout

    return run


def test_it_identifies_the_modem(gammu: Gammu, line: Any) -> None:
    told = gammu("identify")

    modem = line.simulator.modems[0]
    assert "Manufacturer         : smscore" in told
    assert "Virtual Modem" in told
    assert f"IMEI                 : {modem.imei}" in told
    assert f"SIM IMSI             : {modem.sim.imsi}" in told


@pytest.mark.parametrize(
    ("profile", "maker"), [("huawei", "Huawei"), ("wavecom", "Wavecom"), ("zte", "ZTE")]
)
def test_it_identifies_modems_with_habits_of_their_own(gammu: Gammu, maker: str) -> None:
    assert f"Manufacturer         : {maker}" in gammu("identify")


def test_it_sends(gammu: Gammu, line: Any) -> None:
    told = gammu("sendsms", "TEXT", "+491701234567", "-text", "from afar")

    assert "OK, message reference=1" in told
    assert [str(taken.submit.recipient) for taken in line.taken] == ["+491701234567"]


def test_it_sends_several_parts(gammu: Gammu, line: Any) -> None:
    told = gammu("sendsms", "TEXT", "+491701234567", "-len", "400", "-text", LONG)

    assert "SMS 1/2" in told
    assert "OK, message reference=2" in told
    assert [taken.reference for taken in line.taken] == [1, 2]


def test_it_lists_all_messages(gammu: Gammu, line: Any) -> None:
    line.simulator.inject_sms(sender="+491701", text="short")
    line.simulator.inject_sms(sender="+491702", text=LONG)

    told = gammu("getallsms")

    assert told.count("Status               : UnRead") == 3
    assert re.search(r'(?s)"\+491701".*\n\nshort\n', told)
    assert re.search(r"part 1 of 2\n\nTen times ten. Ten", told)
    assert "3 SMS parts in 3 SMS sequences" in told


def test_it_stores_and_lists_what_it_stored(gammu: Gammu, line: Any) -> None:
    assert "location 1" in gammu("savesms", "TEXT", "-text", "for later")
    ((index, entry),) = line.simulator.modems[0].stores.readable.items()
    assert (index, entry.status) == (1, 1)

    told = gammu("getallsms")

    assert "Status               : Read" in told
    assert "for later" in told


def test_it_watches_what_a_modem_can_tell(gammu: Gammu) -> None:
    told = gammu("monitor", "1")

    for feature in ("incoming SMS", "incoming CB", "calls", "USSD"):
        assert re.search(rf"Enabling info about {feature} *: No error", told)
    assert "Network state        : home network" in told
    assert "Own numbers          :   1 used" in told
    assert "Signal strength      : -73 dBm" in told


def test_it_asks_for_a_balance(program: str, settings: Path, watch: Callable[..., Any]) -> None:
    # It goes on until it is stopped, and keeps its words to itself when nobody sees them.
    asking = watch("stdbuf", "-oL", program, "--config", str(settings), "getussd", "*100#")

    asking.wait_for('Service reply        : "Your balance is 12.34 EUR."')
