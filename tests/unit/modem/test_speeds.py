"""
A port whose modem speaks at another speed than the configured one.
"""

from collections.abc import Callable

import pytest

from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem._channel import ModemChannel
from smscore_modem._line._serial import Port
from smscore_modem._options import ModemOptions
from smscore_modem._start._speeds import Speeds
from smscore_modem.simulator import SimulatedLines, VirtualTime


class Deaf:
    """A port at the wrong speed: neither end understands the other."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def write(self, data: bytes) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        self._port.close()


class SerialLine:
    """The port of one modem, and the speeds at which it was opened."""

    def __init__(self, speed: int) -> None:
        self.time = VirtualTime()
        self.tried: list[int] = []
        self._speed = speed
        self._lines = SimulatedLines(time=self.time)

    def connect(
        self,
        path: str,
        *,
        baudrate: int,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        name: str,
    ) -> Port:
        self.tried.append(baudrate)
        port = self._lines.connect(
            "modem1", baudrate=baudrate, on_bytes=on_bytes, on_lost=on_lost, name=name
        )
        return port if baudrate == self._speed else Deaf(port)

    def channel(self, port: str) -> ModemChannel:
        options = ModemOptions(port=port)
        channel = ModemChannel("m1", options, connect=self.connect, clock=self.time, time=self.time)
        channel.open(RecordingSink(), RecordingJournal())
        return channel


@pytest.mark.parametrize("speed", [9600, 19_200])
def test_a_modem_that_speaks_at_another_speed_is_found_within_a_minute(speed: int) -> None:
    line = SerialLine(speed)
    channel = line.channel("/dev/ttyUSB0")
    line.time.sleep(65.0)
    assert channel.health().is_ready
    channel.close()

    assert line.tried[0] == 115_200
    assert line.tried[-1] == speed


def test_no_other_speed_is_tried_where_there_is_none() -> None:
    line = SerialLine(9600)
    channel = line.channel("socket://127.0.0.1:7000")
    line.time.sleep(600.0)
    channel.close()

    assert set(line.tried) == {115_200}


def test_each_speed_is_tried_once_and_then_the_configured_one_for_good() -> None:
    line = SerialLine(1200)
    channel = line.channel("/dev/ttyUSB0")
    line.time.sleep(3600.0)
    channel.close()

    assert line.tried[:6] == [115_200, 9600, 57_600, 38_400, 19_200, 115_200]
    assert set(line.tried[5:]) == {115_200}


def test_a_modem_that_answered_once_is_not_looked_for_at_other_speeds() -> None:
    speeds = Speeds(configured=115_200).silent("/dev/ttyUSB0").answered()

    assert speeds.now == 9600
    assert speeds.silent("/dev/ttyUSB0").now == 9600
