"""
The fixtures for embedders: the channel gets over whatever is wrong with the modem.
"""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem.simulator import ModemSimulator
from smscore_modem.simulator.pytest import faulty_modem_simulator, modem_fault

__all__ = ["faulty_modem_simulator", "modem_fault"]


def run(test: str, directory: Path) -> str:
    (directory / "test_it.py").write_text(dedent(test))
    finished = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "smscore_modem.simulator.pytest",
            "test_it.py",
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.stdout


def test_an_embedder_gets_two_modems(tmp_path: Path) -> None:
    said = run(
        """
        def test_there_are_two(modem_simulator):
            assert len(modem_simulator.ports) == 2
        """,
        tmp_path,
    )

    assert "1 passed" in said


def test_an_embedder_chooses_the_faults(tmp_path: Path) -> None:
    said = run(
        """
        import pytest

        @pytest.mark.parametrize("modem_fault", ["silent commands=3", "refuses cms=38 times=2"])
        def test_there_is_one(faulty_modem_simulator, modem_fault):
            (modem,) = faulty_modem_simulator.state()
            assert modem["faults"] == [modem_fault.split()[0]]
        """,
        tmp_path,
    )

    assert "2 passed" in said


def test_the_channel_gets_over_what_passes(faulty_modem_simulator: ModemSimulator) -> None:
    sink = RecordingSink()
    channel = make_channel(
        "m1", ModemOptions(port=faulty_modem_simulator.port(), reconnect_delay=0.05)
    )
    channel.open(sink, RecordingJournal())
    try:
        channel.send(a_job())
    except Exception:  # noqa: BLE001  # the core would send it again, whatever was wrong
        channel.send(a_job())
    channel.close()

    assert faulty_modem_simulator.taken
