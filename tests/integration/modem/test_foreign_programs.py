"""
Programs written by others, unmodified, on our simulated modem.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from smscore_modem.simulator import ModemSimulator

pytestmark = pytest.mark.peers


def gammu(port: str, directory: Path, *command: str) -> str:
    program = shutil.which("gammu")
    if program is None:
        pytest.skip("gammu is not installed")
    settings = directory / "gammurc"
    settings.write_text(f"[gammu]\ndevice = {port}\nconnection = at\n")
    finished = subprocess.run(
        [program, "--config", str(settings), *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_gammu_identifies_the_simulated_modem(
    modem_simulator: ModemSimulator, tmp_path: Path
) -> None:
    told = gammu(modem_simulator.ports[0], tmp_path, "identify")

    assert "Virtual Modem" in told
    assert "IMEI" in told


def test_gammu_sends_through_the_simulated_modem(tmp_path: Path) -> None:
    log = tmp_path / "simulator.log"
    with ModemSimulator(modems=1, log=log) as simulator:
        gammu(
            simulator.ports[0], tmp_path, "sendsms", "TEXT", "+491701234567", "-text", "from afar"
        )

    taken = json.loads(log.read_text().splitlines()[0])
    assert taken["recipient"] == "+491701234567"
