"""
Programs written by others, unmodified, on our simulated modem and on our PDUs.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from smscore.domain.alphabets import encode_gsm7
from smscore.domain.inbound import Coding
from smscore_modem._pdu import Submit, UserData, encode_submit
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


@pytest.mark.parametrize(
    ("coding", "text"),
    [
        (Coding.GSM7, "Hello, world!"),
        (Coding.GSM7, "x" * 160),
        (Coding.GSM7, "{[~]} €"),
        (Coding.UCS2, "Grüße aus Köln, Łódź und 東京"),
    ],
)
def test_node_pdu_reads_what_we_write(coding: Coding, text: str) -> None:
    content = encode_gsm7(text) if coding is Coding.GSM7 else text.encode("utf-16-be")
    submit = Submit(
        recipient="+491701234567",
        user_data=UserData(coding=coding, content=content),
        wants_report=True,
    )

    assert read_by_node_pdu(encode_submit(submit).hex()) == {
        "to": "491701234567",  # it keeps the type of number apart
        "text": text,
    }


def read_by_node_pdu(pdu: str) -> dict[str, str]:
    program, home = shutil.which("node"), os.environ.get("SMSCORE_PEERS")
    if program is None or home is None:
        pytest.skip("node-pdu is not installed; 'make test-peers' does it")
    script = """
        const { parse } = require('node-pdu');
        const read = parse(process.argv[1]);
        console.log(JSON.stringify({ to: read.address.phone, text: read.data.getText() }));
    """
    finished = subprocess.run(
        [program, "-e", script, pdu],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    read: dict[str, str] = json.loads(finished.stdout)
    return read
