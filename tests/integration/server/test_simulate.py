import json
import os
import signal
import socket

import pytest
import serial

from smscore_modem.simulator import ask


def test_the_modems_are_printed_and_answer(start, tmp_path):
    simulator = start("simulate", "--modems", "2", "--links", ".", "--json")

    modems = json.loads(simulator.line())["modems"]

    assert len({modem["number"] for modem in modems}) == 2
    for modem in modems:
        assert modem["port"].startswith(str(tmp_path))
        with serial.Serial(modem["port"], timeout=5) as line:
            line.write(b"AT\r")
            assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")


def test_people_see_a_line_for_each_modem(start):
    simulator = start("simulate", "--modems", "1")

    port, number = simulator.line().split()

    assert port.startswith("/dev/")
    assert number.startswith("+999")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(start, tmp_path, number):
    simulator = start("simulate", "--links", ".")
    simulator.line()

    os.kill(simulator.pid, number)

    assert simulator.wait() == 0
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".log"] == []


def test_a_log_that_cannot_be_written_is_said_on_one_line(start):
    simulator = start("simulate", "--log", "nowhere/simulator.log")

    with pytest.raises(AssertionError, match=r"\Aerror: .*nowhere.*\n\Z"):
        simulator.line()


def test_modems_on_tcp_and_a_slow_wire_answer(start):
    simulator = start("simulate", "--modems", "1", "--tcp", "0", "--wire", "slow:9600", "--json")

    (modem,) = json.loads(simulator.line())["modems"]

    address, _, port = modem["port"].removeprefix("socket://").partition(":")
    with socket.create_connection((address, int(port)), timeout=5) as client:
        client.sendall(b"AT\r")
        assert client.makefile("rb").readline() == b"AT\r\r\n"


def test_the_control_socket_takes_texts_and_faults(start, tmp_path):
    simulator = start("simulate", "--modems", "1", "--control", "control.sock", "--json")
    (modem,) = json.loads(simulator.line())["modems"]

    ask(tmp_path / "control.sock", "inject", sender="+491701234567", text="hello")
    ask(tmp_path / "control.sock", "fault", fault="weak_signal state=3")

    with serial.Serial(modem["port"], timeout=5) as line:
        line.write(b"AT+CSQ;+CPMS?\r")
        said = line.read_until(b"OK\r\n")
    assert b"+CSQ: 3,99" in said
    assert b'+CPMS: "SM",1,' in said


SCENARIO = """
[[modems]]
name = "office"

[[modems]]
name = "spare"
pin = "1234"

[[steps]]
at = 0
modem = "office"
do = "inject"
sender = "+491701234567"
text = "hello"
"""


def test_a_scenario_says_which_modems_there_are(start, tmp_path):
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    simulator = start("simulate", "--scenario", "scenario.toml", "--links", ".", "--json")

    office, spare = (modem["port"] for modem in json.loads(simulator.line())["modems"])

    assert (office, spare) == (str(tmp_path / "office"), str(tmp_path / "spare"))
    with serial.Serial(office, timeout=5) as line:
        line.write(b"AT+CPMS?\r")
        assert b'"SM",1,' in line.read_until(b"OK\r\n")
    with serial.Serial(spare, timeout=5) as line:
        line.write(b"AT+CPIN?\r")
        assert b"SIM PIN" in line.read_until(b"OK\r\n")


def test_a_transcript_is_replayed(start, tmp_path):
    (tmp_path / "transcript.txt").write_text(
        "0.000 > AT+CGMI\\r\n0.010 < \\r\\nMuster\\r\\n\n0.020 < \\r\\nOK\\r\\n"
    )
    simulator = start("simulate", "--replay", "transcript.txt")

    port, number = simulator.line().split()

    assert number == "replayed"
    with serial.Serial(port, timeout=5) as line:
        line.write(b"AT+CGMI\r")
        assert line.read_until(b"OK\r\n") == b"\r\nMuster\r\n\r\nOK\r\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--profile", "huawai"], "no modem is called 'huawai'; did you mean 'huawei'?"),
        (["--wire", "fast"], "'fast' is no wire; there are perfect, one-byte, slow, lossy"),
        (["--scenario", "no.toml"], "cannot read no.toml: No such file"),
        (["--scenario", "bad.toml"], "bad.toml: steps.0.do: must be one of inject, fault, end"),
        (["--replay", "no.txt"], "no.txt: No such file"),
        (["--replay", "bad.toml"], "bad.toml is no transcript: line 1"),
        (["--control", "no/where.sock"], "no/where.sock: No such file"),
        (["--scenario", "bad.toml", "--modems", "3"], "--modems says nothing beside --scenario"),
        (["--replay", "bad.toml", "--profile", "zte"], "--profile says nothing beside --replay"),
        (["--tcp", "0", "--links", "."], "--links says nothing beside --tcp"),
        (["--tcp", "70000"], "70000 is not in the range"),
    ],
)
def test_what_cannot_be_simulated_is_said_on_one_line(start, tmp_path, arguments, complaint):
    (tmp_path / "bad.toml").write_text('[[steps]]\nat = 1\ndo = "explode"\n')
    simulator = start("simulate", *arguments)

    with pytest.raises(AssertionError) as said:
        simulator.line()

    *_, last = str(said.value).splitlines()
    assert last.lower().startswith("error: ")
    assert complaint in last


def test_modems_that_broke_leave_no_empty_shell(start):
    simulator = start("simulate", "--modems", "1", "--log", "/dev/full")
    port, _ = simulator.line().split()

    with serial.Serial(port, timeout=5) as line:
        line.write(b"AT+CMGS=13\r")
        line.read_until(b"> ")
        line.write(b"0001000B916407281553F8000000\x1a")

    with pytest.raises(AssertionError, match=r"\nerror: the simulated modems broke: .*No space"):
        simulator.line()
    assert simulator.wait() == 1


def test_a_tcp_port_that_is_taken_is_named(start):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        simulator = start("simulate", "--tcp", str(port))

        with pytest.raises(AssertionError, match=rf"\Aerror: .*127\.0\.0\.1:{port}: .*\n\Z"):
            simulator.line()
