"""
Modems in memory: what a client of their lines sees.
"""

import pytest

from smscore.errors import ConfigurationError
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem._line._serial import LineLost
from smscore_modem.simulator import SLOW, Fault, SimulatedLines, VirtualTime


class Client:
    """Opens a port and keeps what it hears."""

    def __init__(self, lines: SimulatedLines, path: str = "modem1") -> None:
        self.lines = lines
        self.heard = b""
        self.lost: list[str] = []
        self.port = lines.connect(
            path, baudrate=9600, on_bytes=self._hear, on_lost=self.lost.append, name="client"
        )

    def _hear(self, data: bytes) -> None:
        self.heard += data

    def ask(self, data: bytes, *, seconds: float = 5.0) -> bytes:
        self.heard = b""
        self.port.write(data)
        self.lines.time.sleep(seconds)
        return self.heard


@pytest.fixture
def lines() -> SimulatedLines:
    return SimulatedLines(time=VirtualTime(), modems=2)


def test_a_client_is_answered(lines: SimulatedLines) -> None:
    assert Client(lines).ask(b"ATE0\r") == b"ATE0\r\r\nOK\r\n"


def test_two_modems_have_a_port_each(lines: SimulatedLines) -> None:
    Client(lines, "modem1").ask(b"ATE0\r")

    assert lines.ports == ("modem1", "modem2")
    assert Client(lines, "modem2").ask(b"AT\r") == b"AT\r\r\nOK\r\n"


def test_a_port_is_open_once(lines: SimulatedLines) -> None:
    first = Client(lines)
    with pytest.raises(LineLost, match="somebody else has it open"):
        Client(lines)
    first.port.close()

    assert Client(lines).ask(b"AT\r").endswith(b"OK\r\n")


def test_what_is_not_there_cannot_be_opened(lines: SimulatedLines) -> None:
    lines.unplug(modem=1)
    for path in ("modem2", "modem3"):
        with pytest.raises(LineLost, match=path):
            Client(lines, path)


def test_unplugged_means_lost_and_nothing_more_can_be_written(lines: SimulatedLines) -> None:
    client = Client(lines)
    lines.unplug()
    lines.time.sleep(0.1)

    assert client.lost == ["the modem was unplugged"]
    with pytest.raises(LineLost, match="writing failed"):
        client.port.write(b"AT\r")


def test_what_is_on_its_way_when_it_is_unplugged_is_lost() -> None:
    lines = SimulatedLines(time=VirtualTime(), wire=SLOW)
    client = Client(lines)
    client.port.write(b"AT\r")
    lines.unplug()
    lines.plug()
    again = Client(lines)
    lines.time.sleep(5)

    assert client.heard == again.heard == b""


def test_plugged_in_again_it_has_its_name_and_no_settings(lines: SimulatedLines) -> None:
    Client(lines).ask(b"ATE0\r")
    lines.unplug()
    lines.plug()

    assert lines.ports == ("modem1", "modem2")
    assert Client(lines).ask(b"AT\r") == b"AT\r\r\nOK\r\n"


def test_it_may_come_back_under_another_name(lines: SimulatedLines) -> None:
    for expected in ("modem1-2", "modem1-3"):
        lines.unplug()
        lines.plug(renamed=True)

        assert lines.ports == (expected, "modem2")
    assert Client(lines, "modem1-3").ask(b"AT\r").endswith(b"OK\r\n")


def test_the_fault_of_that_name_brings_it_back_under_another_name(lines: SimulatedLines) -> None:
    client = Client(lines)
    lines.begin_fault(Fault.RENAMED, delay=3)
    lines.time.sleep(1)
    assert (lines.ports, len(client.lost)) == (("modem2",), 1)
    lines.time.sleep(3)

    assert lines.ports == ("modem1-2", "modem2")
    assert Client(lines, "modem1-2").ask(b"AT\r").endswith(b"OK\r\n")


def test_a_fault_is_put_right_again(lines: SimulatedLines) -> None:
    client = Client(lines)
    lines.begin_fault("silent")
    assert b"OK" not in client.ask(b"AT\r")
    lines.end_fault("silent")

    assert client.ask(b"AT\r").endswith(b"OK\r\n")


def test_what_nobody_hears_is_gone(lines: SimulatedLines) -> None:
    client = Client(lines)
    client.ask(b"AT+CNMI=2,1,0,0,0\r")
    client.port.close()
    lines.inject_sms(sender="+491701", text="hello")
    lines.time.sleep(1)

    assert Client(lines).ask(b"AT\r") == b"AT\r\r\nOK\r\n"


def test_a_text_from_outside_is_announced(lines: SimulatedLines) -> None:
    client = Client(lines)
    client.ask(b"AT+CNMI=2,1,0,0,0\r")
    client.heard = b""
    lines.inject_sms(sender="+491701", text="x" * 200)
    lines.time.sleep(1)

    assert client.heard == b'\r\n+CMTI: "SM",1\r\n\r\n+CMTI: "SM",2\r\n'


def test_a_flash_text_comes_directly(lines: SimulatedLines) -> None:
    client = Client(lines)
    client.ask(b"AT+CNMI=2,1,0,0,0\r")
    client.heard = b""
    lines.inject_sms(sender="+491701", text="look", flash=True)
    lines.time.sleep(1)

    assert client.heard.startswith(b"\r\n+CMT: ,")


def test_what_was_taken_is_kept_in_order() -> None:
    lines = SimulatedLines(time=VirtualTime())
    with lines.channel(RecordingSink(), RecordingJournal()) as channel:
        channel.send(a_job("one ", "two"))

    assert [one.submit.user_data.content for one in lines.taken] == [b"one ", b"two"]


def test_two_runs_are_the_same() -> None:
    def run() -> tuple[float, list[str]]:
        lines = SimulatedLines(time=VirtualTime(), modems=2, wire=SLOW)
        sink = RecordingSink()
        with lines.channel(sink, RecordingJournal()) as channel:
            channel.send(a_job("one ", "two"))
            lines.inject_sms(sender="+491701", text="hello")
            assert lines.time.wait_for(lambda: len(sink.reports) == 2 and bool(sink.parts))
        return lines.time.monotonic(), [one.fingerprint for one in sink.parts]

    assert run() == run()


@pytest.mark.parametrize("profile", ["huawei", "quectel"])
def test_modems_resemble_those_of_their_profiles(profile: str) -> None:
    lines = SimulatedLines(time=VirtualTime(), modems=2, profiles=("generic", profile))

    answer = Client(lines, "modem2").ask(b"AT\rAT\rAT+CGMI\r", seconds=30)
    assert profile in answer.lower().decode()
    assert [one["profile"] for one in lines.state()] == ["generic", profile]


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"'huawai'; did you mean 'huawei'\?"):
        SimulatedLines(time=VirtualTime(), profiles="huawai")


def test_its_state_says_how_the_modems_are() -> None:
    lines = SimulatedLines(time=VirtualTime(), modems=2, pins=("1234",))
    lines.unplug(modem=1)
    lines.begin_fault("sim_busy", modem=1)
    lines.inject_sms(modem=1, sender="+491701", text="hello")

    locked, unplugged = lines.state()
    assert (locked["port"], locked["sim"], locked["registration"]) == ("modem1", "SIM PIN", 0)
    assert (unplugged["port"], unplugged["faults"]) == (None, ["sim_busy"])


def test_a_channel_finds_its_modem_again_under_another_name() -> None:
    lines = SimulatedLines(time=VirtualTime(), modems=2)
    imei = lines.modems[1].imei
    with lines.channel(RecordingSink(), RecordingJournal(), port=None, imei=imei) as channel:
        channel.send(a_job())
        lines.unplug(modem=1)
        lines.time.sleep(10)
        lines.plug(modem=1, renamed=True)
        lines.time.sleep(120)
        channel.send(a_job())

    assert [submission.modem for submission in lines.taken] == [lines.numbers[1]] * 2
