import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from smscore.domain.numbers import PhoneNumber
from smscore.errors import PermanentFailure
from smscore.ports.transport import Transport
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem._pdu import decode_submit
from smscore_modem.simulator import ModemSimulator, SimulatorBroke, Submission, run

PATIENCE = 5.0


@contextmanager
def a_channel(port: str, journal: RecordingJournal | None = None) -> Iterator[Transport]:
    channel = make_channel("m1", ModemOptions(port=port, reconnect_delay=0.05, gap=0))
    channel.open(RecordingSink(), journal or RecordingJournal())
    yield channel
    channel.close()


def lines_of(path: Path) -> list[dict[str, str | int]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_message_taken_is_written_down_with_its_pdu(tmp_path: Path) -> None:
    log = tmp_path / "evidence.jsonl"
    with ModemSimulator(modems=1, log=log) as simulator, a_channel(simulator.ports[0]) as channel:
        channel.send(a_job("one ", "two", recipient=PhoneNumber("+491701")))
        with pytest.raises(PermanentFailure):
            channel.send(a_job(recipient=PhoneNumber("+99905001")))

    lines = lines_of(log)
    assert [(line["modem"], line["recipient"], line["mr"]) for line in lines] == [
        ("+99910001", "+491701", 1),
        ("+99910001", "+491701", 2),
    ]
    contents = [decode_submit(bytes.fromhex(str(line["pdu"]))) for line in lines]
    assert [submit.user_data.content for submit in contents] == [b"one ", b"two"]
    assert all("T" in str(line["time"]) for line in lines)


def test_it_is_written_down_before_the_sender_knows(tmp_path: Path) -> None:
    log = tmp_path / "evidence.jsonl"

    counts: list[int] = []

    class CountingJournal(RecordingJournal):
        def accepted(self, *args: object, **kwargs: object) -> None:
            counts.append(len(lines_of(log)))

    journal = CountingJournal()
    with (
        ModemSimulator(modems=1, log=log) as simulator,
        a_channel(simulator.ports[0], journal) as channel,
    ):
        for _ in range(3):
            channel.send(a_job())

    assert counts == [1, 2, 3]


def test_the_log_of_an_earlier_run_is_continued(tmp_path: Path) -> None:
    log = tmp_path / "evidence.jsonl"
    for _ in range(2):
        with (
            ModemSimulator(modems=1, log=log) as simulator,
            a_channel(simulator.ports[0]) as channel,
        ):
            channel.send(a_job())

    assert len(lines_of(log)) == 2


def test_a_client_may_leave_in_the_middle_and_the_next_one_finds_a_modem(
    modem_simulator: ModemSimulator,
) -> None:
    for rudely in (b"AT+CMG", b"AT+CMGS=20\r", b"AT+CMGS=20\r0011"):
        with serial.Serial(modem_simulator.ports[0], timeout=PATIENCE) as client:
            client.write(rudely)
        with a_channel(modem_simulator.ports[0]) as channel:
            assert channel.send(a_job()).references


def test_a_modem_that_nobody_reads_goes_on(modem_simulator: ModemSimulator) -> None:
    with serial.Serial(modem_simulator.ports[0], timeout=PATIENCE) as client:
        client.write(b"AT+CNMI=2,2,0,0,0\r")
        client.read_until(b"OK\r\n")
    for _ in range(400):
        modem_simulator.inject_sms(sender="+491701", text="x" * 100)

    with a_channel(modem_simulator.ports[0]) as channel:
        assert channel.send(a_job()).references


def test_a_port_keeps_its_name_when_the_modem_is_plugged_in_again(
    modem_simulator: ModemSimulator,
) -> None:
    (port, _) = modem_simulator.ports
    with a_channel(port) as channel:
        channel.send(a_job())
        modem_simulator.unplug(modem=0)
        assert len(modem_simulator.ports) == 1
        modem_simulator.plug(modem=0)

        assert modem_simulator.ports[0] == port
    with a_channel(port) as channel:
        assert channel.send(a_job()).references == ("1",)


def test_a_raw_client_gets_prompt_and_reference(modem_simulator: ModemSimulator) -> None:
    with serial.Serial(modem_simulator.ports[1], timeout=PATIENCE) as client:
        for octet in b"AT+CMGS=13\r":
            client.write(bytes([octet]))
        assert client.read_until(b"> ") == b"AT+CMGS=13\r\r\n> "
        client.write(b"0001000B916407281553F8000000")
        client.write(b"\x1a")

        assert client.read_until(b"OK\r\n").endswith(b"\x1a\r\n+CMGS: 1\r\n\r\nOK\r\n")


def test_running_it_blocks_until_it_is_stopped(tmp_path: Path) -> None:
    stop, ready = threading.Event(), threading.Event()
    seen: list[tuple[str, ...]] = []

    def on_ready(simulator: ModemSimulator) -> None:
        seen.append(simulator.ports)
        ready.set()

    simulator = ModemSimulator(modems=3, link_dir=tmp_path)
    runner = threading.Thread(target=lambda: run(simulator, stop=stop, on_ready=on_ready))
    runner.start()
    assert ready.wait(PATIENCE)
    (ports,) = seen
    assert ports == tuple(str(tmp_path / f"modem{n}") for n in (1, 2, 3))
    assert all(os.path.realpath(port).startswith("/dev/pts/") for port in ports)

    stop.set()
    runner.join(PATIENCE)
    assert list(tmp_path.iterdir()) == []


def test_running_it_ends_when_it_breaks() -> None:
    def fail(_: Submission) -> None:
        raise LookupError("a fuse has blown")

    def send(simulator: ModemSimulator) -> None:
        with serial.Serial(simulator.ports[0], timeout=PATIENCE) as client:
            client.write(b"AT+CMGS=13\r")
            client.read_until(b"> ")
            client.write(b"0001000B916407281553F8000000\x1a")

    with pytest.raises(SimulatorBroke, match="LookupError: a fuse has blown"):
        run(ModemSimulator(modems=1, on_taken=fail), stop=threading.Event(), on_ready=send)


@pytest.mark.parametrize("delay", [float("nan"), -1.0])
def test_reports_need_a_time_that_can_pass(delay: float) -> None:
    with pytest.raises(ValueError, match="report_delay"):
        ModemSimulator(report_delay=delay)


def test_many_modems_share_one_thread() -> None:
    before = threading.active_count()
    with ModemSimulator(modems=32) as simulator:
        assert threading.active_count() == before + 1
        assert len(set(simulator.ports)) == len(set(simulator.numbers)) == 32


def test_modems_that_are_created_twice_keep_apart(
    open_channel: Callable[..., Transport], sink: RecordingSink
) -> None:
    with ModemSimulator(modems=1) as other:
        channel = open_channel(port=other.ports[0])

        assert channel.send(a_job()).references == ("1",)
        channel.close()


def test_whoever_waits_hears_of_what_happens(modem_simulator: ModemSimulator) -> None:
    with a_channel(modem_simulator.ports[0]) as channel:
        channel.send(a_job())

    assert modem_simulator.wait_for(lambda: len(modem_simulator.taken) == 1)
    modem_simulator.begin_fault("unplugged delay=0.01")
    assert modem_simulator.wait_for(lambda: len(modem_simulator.ports) == 1)
    assert modem_simulator.wait_for(lambda: len(modem_simulator.ports) == 2)
    assert not modem_simulator.wait_for(lambda: len(modem_simulator.taken) == 2, timeout=0.01)
