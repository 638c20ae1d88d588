"""
The control socket of a simulator: playing fate from another process.
"""

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem.simulator import ModemSimulator, RefusedRequest, ask

PATIENCE = 5.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def simulator(path: Path) -> Iterator[ModemSimulator]:
    with ModemSimulator(modems=2, control=path) as simulator:
        yield simulator


def test_it_tells_how_the_modems_are(simulator: ModemSimulator, path: Path) -> None:
    modems = ask(path, "modems")

    assert [modem["port"] for modem in modems] == list(simulator.ports)
    assert [modem["name"] for modem in modems] == ["modem1", "modem2"]
    assert modems[1]["number"] == simulator.numbers[1]
    assert modems[0]["faults"] == []


def test_a_text_is_injected(simulator: ModemSimulator, path: Path) -> None:
    with serial.Serial(simulator.ports[1], timeout=PATIENCE) as client:
        client.write(b"AT+CNMI=2,1,0,0,0\r")
        client.read_until(b"OK\r\n")
        ask(path, "inject", modem="modem2", sender="+491701234567", text="hello")

        assert client.read_until(b"1\r\n").endswith(b'+CMTI: "SM",1\r\n')


def test_a_fault_begins_and_ends(simulator: ModemSimulator, path: Path) -> None:
    ask(path, "fault", fault="sim_busy times=3")
    assert ask(path, "modems")[0]["faults"] == ["sim_busy"]
    ask(path, "end", fault="sim_busy")

    assert ask(path, "modems")[0]["faults"] == []
    assert simulator.modems[0].faults.present == ()


def test_a_modem_is_unplugged_and_comes_back_under_another_name(
    simulator: ModemSimulator, path: Path
) -> None:
    before = simulator.ports[0]
    ask(path, "unplug")
    assert ask(path, "modems")[0]["port"] is None
    ask(path, "plug", renamed=True)

    assert ask(path, "modems")[0]["port"] == simulator.ports[0] != before


def test_it_lists_what_was_taken(simulator: ModemSimulator, path: Path) -> None:
    channel = make_channel("m1", ModemOptions(port=simulator.ports[0]))
    channel.open(RecordingSink(), RecordingJournal())
    channel.send(a_job("{one} ", "two"))
    channel.close()

    submissions = ask(path, "submissions")
    assert [(one["modem"], one["mr"], one["text"]) for one in submissions] == [
        (simulator.numbers[0], 1, "{one} "),
        (simulator.numbers[0], 2, "two"),
    ]


def test_a_long_answer_is_not_cut(simulator: ModemSimulator, path: Path) -> None:
    channel = make_channel("m1", ModemOptions(port=simulator.ports[0]))
    channel.open(RecordingSink(), RecordingJournal())
    channel.send(a_job())
    channel.close()
    simulator.taken *= 2_000

    assert len(ask(path, "submissions")) == 2_000


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"do": "injekt"}, "cannot do 'injekt'; did you mean 'inject'?"),
        ({"do": "unplug", "modem": "modem7"}, "no modem is called 'modem7'"),
        ({"do": "unplug", "modems": "modem1"}, "unknown key 'modems'; did you mean 'modem'?"),
        ({"do": "inject", "text": "x"}, "inject needs sender"),
        ({"do": "inject", "text": 5, "sender": "+491"}, "text: must be a string, not 5"),
        ({"do": "inject", "text": "x", "sender": "?" * 99}, "sender"),
        ({"do": "fault", "fault": "silence"}, "did you mean 'silent'?"),
        ({"do": ["unplug"]}, "cannot do ['unplug']"),
        ({}, "cannot do None"),
        (["unplug"], "a request is a JSON object"),
    ],
)
def test_what_cannot_be_done_is_said(path: Path, request_: object, complaint: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        stream = client.makefile("rwb")
        stream.write(json.dumps(request_).encode() + b"\nnonsense\n")
        stream.flush()
        answer, nonsense = (json.loads(stream.readline()) for _ in range(2))
        stream.close()

    assert not answer["ok"]
    assert complaint in answer["error"]
    assert not nonsense["ok"]
    assert ask(path, "modems")


@pytest.mark.usefixtures("simulator")
def test_in_python_a_refusal_is_raised(path: Path) -> None:
    with pytest.raises(RefusedRequest, match="no fault is called 'fire'"):
        ask(path, "fault", fault="fire")


@pytest.mark.usefixtures("simulator")
def test_who_never_ends_a_line_is_hung_up_on(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        with pytest.raises(BrokenPipeError):  # noqa: PT012  # any of them may be the last
            while True:
                client.sendall(b"x" * 10_000)


@pytest.mark.usefixtures("simulator")
def test_who_asks_on_and_reads_nothing_is_hung_up_on(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(str(path))
        with pytest.raises(BrokenPipeError):  # noqa: PT012  # any of them may be the last
            for _ in range(20_000):
                client.sendall(b'{"do":"modems"}\n')


@pytest.mark.usefixtures("simulator")
def test_the_socket_is_for_its_owner_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_leaves_nothing_behind_and_what_was_left_is_no_obstacle(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with ModemSimulator(modems=1, control=path):
        assert len(ask(path, "modems")) == 1

    assert not path.exists()


def test_two_simulators_do_not_share_a_socket(simulator: ModemSimulator, path: Path) -> None:
    with pytest.raises(OSError, match="another simulator listens there"):
        ModemSimulator(modems=1, control=path).__enter__()

    assert len(ask(path, "modems")) == len(simulator.modems)


def test_another_file_is_not_touched(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(OSError, match="there is a file of that name"):
        ModemSimulator(modems=1, control=path).__enter__()

    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="may have 107 octets"):
        ModemSimulator(modems=1, control=tmp_path / ("x" * 120)).__enter__()


def test_without_a_simulator_there_is_no_answer(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ask(path, "modems")


def test_a_request_of_endless_depth_harms_nobody(simulator: ModemSimulator, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        connection.sendall(b"[" * 60_000 + b"\n")

        assert not json.loads(connection.makefile("rb").readline())["ok"]
    assert len(ask(path, "modems")) == len(simulator.ports)


def test_what_comes_in_years_does_not_stop_what_comes_now(
    simulator: ModemSimulator, path: Path
) -> None:
    ask(path, "fault", fault="unplugged delay=1e12")

    assert len(ask(path, "modems")) == 2
    assert simulator.ports == (simulator.port(modem=1),)
