"""
The daemon of gammu, unmodified, on a simulated modem: folders of files on its other side.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.peers

FOLDERS = ("inbox", "outbox", "sentsms", "errorsms")
LONG = "Ten times ten. " * 19 + "The end."


def test_it_receives_and_sends_all_parts(
    line: Any, tmp_path: Path, watch: Callable[..., Any]
) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    settings = tmp_path / "smsdrc"
    settings.write_text(
        f"[gammu]\ndevice = {line.port}\nconnection = at\n[smsd]\nservice = files\n"
        "logfile = stdout\ndebuglevel = 1\ncommtimeout = 1\nloopsleep = 1\nreceivefrequency = 1\n"
        + "".join(f"{folder}path = {tmp_path / folder}/\n" for folder in FOLDERS)
    )
    line.simulator.inject_sms(sender="+491701", text="come in")
    (tmp_path / "outbox" / "OUT+491701234567.txt").write_text(LONG)

    # It keeps its words to itself when nobody sees them.
    daemon = watch("stdbuf", "-oL", "gammu-smsd", "--config", str(settings))
    daemon.wait_for(r"Renamed .*/sentsms/")

    assert [taken.reference for taken in line.taken] == [1, 2]
    assert [file.read_text() for file in (tmp_path / "inbox").iterdir()] == ["come in"]
    stores = line.simulator.modems[0].stores
    assert {name: stores.usage(name)[0] for name in ("SM", "ME")} == {"SM": "0", "ME": "0"}
