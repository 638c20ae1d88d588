"""
The daemon of smstools, unmodified, on a simulated modem: spool directories on its other side.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smscore_modem._pdu import Coding

pytestmark = pytest.mark.peers

SPOOLS = ("outgoing", "checked", "incoming", "sent", "failed", "report", "saved")
LONG = "Ten times ten. " * 19 + "The end."


@pytest.fixture
def daemon(line: Any, tmp_path: Path, watch: Callable[..., Any]) -> Callable[..., Any]:
    """Starts smsd on the modem, with its spools in the test's directory."""
    for spool in SPOOLS:
        (tmp_path / spool).mkdir()

    def start(*, reports: str) -> Any:
        settings = tmp_path / "smsd.conf"
        settings.write_text(
            "".join(f"{spool} = {tmp_path / spool}\n" for spool in SPOOLS)
            + f"infofile = {tmp_path}/smsd.working\npidfile = {tmp_path}/smsd.pid\n"
            "logfile = 1\nloglevel = 7\ndelaytime = 1\nerrorsleeptime = 1\n"
            "devices = M1\n[M1]\nincoming = yes\nreport = yes\n"
            f'device = {line.port}\ninit = AT+CPMS="SM","SM","SM";+CNMI=2,1,0,{reports},0\n'
        )
        return watch("smsd", "-t", f"-c{settings}")

    return start


def test_smsd_sends_all_parts_and_gets_their_reports(
    daemon: Callable[..., Any], line: Any, tmp_path: Path
) -> None:
    (tmp_path / "outgoing" / "letter").write_text(f"To: 491701234567\n\n{LONG}")

    said = daemon(reports="1").wait_for(r"(?s)(Wrote an incoming message file: .*/report/.*){2}")

    assert "-> AT+CMEE=1;+CREG=2" in said
    assert [(taken.reference, str(taken.submit.recipient)) for taken in line.taken] == [
        (1, "+491701234567"),
        (2, "+491701234567"),
    ]
    between = said[said.index("part 1/2), Message_id") : said.index("AT+CMGS=", said.index("2/2"))]
    assert "-> AT+CREG?" in between
    assert "Message_id: 2" in (tmp_path / "sent" / "letter").read_text()
    reports = [report.read_text() for report in (tmp_path / "report").iterdir()]
    assert all("Status: 0,Ok" in report for report in reports)
    assert sorted(report.partition("Message_id: ")[2][0] for report in reports) == ["1", "2"]


def test_smsd_receives_single_and_joined_messages(daemon: Callable[..., Any], line: Any) -> None:
    line.simulator.inject_sms(sender="+491701", text="short")
    line.simulator.inject_sms(sender="+491702", text=LONG)

    said = daemon(reports="0").wait_for("No SMS received")

    files = [Path(entry.split()[-1]) for entry in said.splitlines() if "Wrote an incoming" in entry]
    headers, texts = zip(*(file.read_text().split("\n\n", 1) for file in files), strict=True)
    assert texts == ("short", LONG)
    assert [header.splitlines()[0] for header in headers] == ["From: 491701", "From: 491702"]
    assert line.simulator.modems[0].stores.readable == {}


def test_smsd_sends_what_needs_ucs2(daemon: Callable[..., Any], line: Any, tmp_path: Path) -> None:
    message = b"To: 491701234567\nAlphabet: UCS2\n\n" + "Привет".encode("utf-16-be")
    (tmp_path / "outgoing" / "letter").write_bytes(message)

    daemon(reports="1").wait_for("Moved file .*/sent/letter")

    (taken,) = line.taken
    assert taken.submit.user_data.coding is Coding.UCS2
    assert taken.submit.user_data.content.decode("utf-16-be") == "Привет"
