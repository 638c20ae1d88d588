"""
A modem in a process that has more files open than select(2) knows.
"""

import os
import queue
import resource
from collections.abc import Iterator

import pytest

from smscore_modem._line._serial import open_serial
from smscore_modem.simulator import ModemSimulator

MANY = 1100
PATIENCE = 30


@pytest.fixture
def many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 2 * MANY:
        pytest.skip("nobody may have so many files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2 * MANY), before[1]))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    yield
    for one in opened:
        os.close(one)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_modem_answers_whatever_the_number_of_its_file_is(many_files: None) -> None:
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    lost: list[str] = []
    with ModemSimulator(modems=1) as simulator:
        port = open_serial(
            simulator.ports[0],
            baudrate=115_200,
            on_bytes=heard.put,
            on_lost=lost.append,
            name="test",
        )
        port.write(b"AT\r")
        said = b""
        while not said.endswith(b"OK\r\n"):
            said += heard.get(timeout=PATIENCE)
        port.close()

    assert lost == []
