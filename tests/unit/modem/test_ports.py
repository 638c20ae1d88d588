from pathlib import Path

import pytest

from smscore_modem._line._serial import LineLost
from smscore_modem._start._ports import candidates, find_port
from smscore_modem.simulator import SimulatedLines, VirtualTime


@pytest.fixture
def lines() -> SimulatedLines:
    lines = SimulatedLines(time=VirtualTime(), modems=3)
    for number, modem in enumerate(lines.modems):
        modem.imei = f"99000000000000{number}"
    return lines


def found(lines: SimulatedLines, imei: str) -> str:
    return find_port(
        imei,
        ports=lines.ports,
        connect=lines.connect,
        baudrate=115_200,
        time=lines.time,
        name="m1",
    )


def test_a_modem_is_found_by_its_serial_number(lines: SimulatedLines) -> None:
    assert found(lines, "990000000000001") == "modem2"


def test_a_modem_that_is_not_there_is_not_found(lines: SimulatedLines) -> None:
    with pytest.raises(LineLost, match="990000000000009"):
        found(lines, "990000000000009")


def test_all_ports_are_free_again_after_a_search(lines: SimulatedLines) -> None:
    found(lines, "990000000000001")

    assert found(lines, "990000000000002") == "modem3"


def test_ports_that_are_dead_or_in_use_are_passed_over(lines: SimulatedLines) -> None:
    lines.begin_fault("silent", modem=0)
    lines.connect("modem2", on_bytes=lambda data: None, on_lost=lambda reason: None)

    assert found(lines, "990000000000002") == "modem3"


def test_of_several_ports_of_one_modem_the_one_that_notifies_is_taken(
    lines: SimulatedLines,
) -> None:
    for modem in lines.modems:
        modem.imei = "990000000000007"
    lines.time.later(1.0, lambda: lines.begin_fault("interrupts", modem=1, text="^RSSI: 17"))

    assert found(lines, "990000000000007") == "modem2"


def test_of_several_silent_ports_the_first_is_taken(lines: SimulatedLines) -> None:
    for modem in lines.modems:
        modem.imei = "990000000000007"

    assert found(lines, "990000000000007") == "modem1"


def test_each_device_is_a_candidate_once_by_its_most_lasting_name(tmp_path: Path) -> None:
    by_id = tmp_path / "serial" / "by-id"
    by_id.mkdir(parents=True)
    for name in ("ttyUSB0", "ttyUSB1", "ttyACM0", "ttyS0"):
        (tmp_path / name).touch()
    (by_id / "usb-modem-if00").symlink_to(tmp_path / "ttyUSB1")

    assert candidates(tmp_path) == (
        str(by_id / "usb-modem-if00"),
        str(tmp_path / "ttyUSB0"),
        str(tmp_path / "ttyACM0"),
    )
