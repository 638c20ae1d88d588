"""
The ports of simulated modems: pseudo-terminals and TCP, over wires of all kinds, with clients that
know nothing of us.
"""

import socket
from pathlib import Path
from time import monotonic

import pytest
import serial

from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem.simulator import ONE_BYTE, Fault, ModemSimulator, Wire

PATIENCE = 5.0
GONE = r"disconnect|returned no data|Input/output|readiness to read"


def ask(port: str, command: bytes = b"AT\r", *, end: bytes = b"OK\r\n") -> bytes:
    with serial.serial_for_url(port, timeout=PATIENCE) as client:
        client.write(command)
        return client.read_until(end)


def test_modems_on_tcp_answer_at_their_addresses() -> None:
    with ModemSimulator(modems=2, tcp=0) as simulator:
        assert all(port.startswith("socket://127.0.0.1:") for port in simulator.ports)
        assert [ask(port) for port in simulator.ports] == [b"AT\r\r\nOK\r\n"] * 2


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_modems_listen_where_they_are_told_to_and_there_again() -> None:
    port = a_free_port()
    for _ in range(2):
        with ModemSimulator(modems=1, tcp=port) as simulator:
            assert simulator.ports == (f"socket://127.0.0.1:{port}",)
            ask(simulator.ports[0])
            simulator.unplug()
            simulator.plug()
            assert simulator.ports == (f"socket://127.0.0.1:{port}",)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(OSError, match=str(port)), ModemSimulator(modems=1, tcp=port):
            pass


def test_a_tcp_port_has_one_client_and_the_next_one_when_it_has_gone() -> None:
    with ModemSimulator(modems=1, tcp=0) as simulator:
        address = ("127.0.0.1", int(simulator.ports[0].rpartition(":")[2]))
        with socket.create_connection(address) as first:
            first.sendall(b"AT\r")
            assert first.recv(100)
            with socket.create_connection(address) as second:
                assert second.recv(100) == b""

        assert ask(simulator.ports[0]).endswith(b"OK\r\n")


def test_a_tcp_client_that_resets_its_connection_disturbs_nobody() -> None:
    with ModemSimulator(modems=1, tcp=0) as simulator:
        address = ("127.0.0.1", int(simulator.ports[0].rpartition(":")[2]))
        rude = socket.create_connection(address)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rude.sendall(b"AT+CLAC\r" * 50)
        rude.close()

        assert ask(simulator.ports[0]).endswith(b"OK\r\n")


def test_a_client_sees_its_terminal_vanish() -> None:
    with (
        ModemSimulator(modems=1) as simulator,
        serial.Serial(simulator.ports[0], timeout=PATIENCE) as client,
    ):
        simulator.unplug()

        assert simulator.ports == ()
        with pytest.raises(OSError, match=GONE):
            client.read()


def test_a_client_sees_its_connection_end() -> None:
    with ModemSimulator(modems=1, tcp=0) as simulator:
        address = ("127.0.0.1", int(simulator.ports[0].rpartition(":")[2]))
        with socket.create_connection(address, timeout=PATIENCE) as client:
            client.sendall(b"AT\r")
            client.recv(1)
            simulator.unplug()

            assert simulator.ports == ()
            assert client.makefile("rb").read().endswith(b"OK\r\n")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)


@pytest.mark.parametrize("tcp", [None, 0])
def test_a_modem_comes_back_under_another_name(tcp: int | None) -> None:
    with ModemSimulator(modems=1, tcp=tcp) as simulator:
        for _ in range(3):
            (before,) = simulator.ports
            simulator.unplug()
            simulator.plug(renamed=True)

            assert simulator.ports != (before,)
            assert ask(simulator.ports[0]).endswith(b"OK\r\n")


def test_a_linked_name_changes_too_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with ModemSimulator(modems=1, link_dir=tmp_path) as simulator:
        simulator.unplug()
        simulator.plug(renamed=True)

        assert [path.name for path in tmp_path.iterdir()] == ["modem1-2"]
        assert simulator.ports == (str(tmp_path / "modem1-2"),)
    assert list(tmp_path.iterdir()) == []


def test_a_fault_unplugs_it(tmp_path: Path) -> None:
    with ModemSimulator(modems=1, link_dir=tmp_path) as simulator:
        with serial.Serial(simulator.ports[0], timeout=PATIENCE) as client:
            simulator.begin_fault(Fault.UNPLUGGED, delay=3600)
            with pytest.raises(OSError, match=GONE):
                client.read()
        simulator.plug()

        assert ask(simulator.ports[0]).endswith(b"OK\r\n")


@pytest.mark.parametrize("tcp", [None, 0])
def test_a_slow_wire_takes_its_time(tcp: int | None) -> None:
    with ModemSimulator(modems=1, tcp=tcp, wire=Wire(gap=0.01)) as simulator:
        began = monotonic()

        assert ask(simulator.ports[0]) == b"AT\r\r\nOK\r\n"
        # The answer begins once all of the command is there.
        assert monotonic() - began >= 0.01 * len(b"AT\r\r\nOK\r\n")


def test_a_lossy_wire_harms_what_is_said() -> None:
    with ModemSimulator(modems=1, wire=Wire(garbles=0.3)) as simulator:
        with serial.Serial(simulator.ports[0], timeout=PATIENCE) as client:
            client.write(b"AT+CLAC\r")
            echoed = client.read(8)

        assert any(octet & 0x80 for octet in echoed)


def test_outside_of_its_block_a_simulator_says_so() -> None:
    with pytest.raises(RuntimeError, match="within its `with` block"):
        ModemSimulator(modems=1).unplug()


def test_what_breaks_the_simulator_ends_it_and_leaves_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def break_it() -> None:
        raise ZeroDivisionError

    with ModemSimulator(modems=1, link_dir=tmp_path) as simulator:
        simulator.network.later(0.0, break_it)
        with serial.Serial(simulator.ports[0], timeout=PATIENCE) as client:
            client.write(b"AT\r")

    assert list(tmp_path.iterdir()) == []
    assert "the thread of the simulator broke" in caplog.text


@pytest.mark.parametrize("wire", [ONE_BYTE, Wire.slow(19_200)], ids=["one-byte", "slow"])
def test_a_channel_sends_over_tcp_and_a_wire(wire: Wire) -> None:
    with ModemSimulator(modems=1, tcp=0, wire=wire) as simulator:
        channel = make_channel("m1", ModemOptions(port=simulator.ports[0]))
        channel.open(RecordingSink(), RecordingJournal())

        assert channel.send(a_job("one ", "two")).references == ("1", "2")
        channel.close()
