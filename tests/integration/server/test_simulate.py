import json
import os
import signal

import pytest
import serial


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
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_is_said_on_one_line(start):
    simulator = start("simulate", "--log", "nowhere/simulator.log")

    with pytest.raises(AssertionError, match=r"\Aerror: .*nowhere.*\n\Z"):
        simulator.line()
