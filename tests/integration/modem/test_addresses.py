"""
Modems behind an address instead of a device file: raw bytes, and the protocol of RFC 2217.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import serial
from serial.rfc2217 import PortManager

from smscore.errors import TransportError
from smscore.ports.transport import Transport
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions, make_channel
from smscore_modem._line._serial import LineLost, open_serial
from smscore_modem.simulator import ModemSimulator

OpenAddress = Callable[[str], Transport]


@pytest.fixture
def open_address() -> Iterator[OpenAddress]:
    opened: list[Transport] = []

    def open_it(address: str) -> Transport:
        channel = make_channel("m1", ModemOptions(port=address, reconnect_delay=0.05, gap=0))
        opened.append(channel)
        channel.open(RecordingSink(), RecordingJournal())
        return channel

    yield open_it
    for channel in opened:
        channel.close()


class SharedPort:
    """A machine that shares a serial port as RFC 2217 says, with one client at a time."""

    def __init__(self, path: str) -> None:
        self._device = serial.serial_for_url(path, timeout=0.05)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._is_closing = threading.Event()
        self._threads = [threading.Thread(target=self._from_client)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"rfc2217://127.0.0.1:{self._server.getsockname()[1]}"

    def write(self, data: bytes) -> None:
        """For the port manager: its answers to the client."""
        if self._client is not None:
            self._client.sendall(data)

    def close(self) -> None:
        self._is_closing.set()
        for ending in (self._server, self._client):
            if ending is not None:
                with contextlib.suppress(OSError):  # it may have ended by itself
                    ending.shutdown(socket.SHUT_RDWR)
                ending.close()
        for thread in self._threads:
            thread.join()
        self._device.close()

    def _from_client(self) -> None:
        try:
            self._client, _ = self._server.accept()
        except OSError:
            return
        manager = PortManager(self._device, self)
        to_client = threading.Thread(target=self._to_client, args=(manager,))
        self._threads.append(to_client)
        to_client.start()
        try:
            while data := self._client.recv(1024):
                self._device.write(b"".join(manager.filter(data)))
        except OSError:
            pass

    def _to_client(self, manager: PortManager) -> None:
        try:
            while not self._is_closing.is_set():
                if data := self._device.read(self._device.in_waiting or 1):
                    self.write(b"".join(manager.escape(data)))
        except OSError:
            pass


def test_a_modem_behind_a_raw_connection_sends(open_address: OpenAddress) -> None:
    with ModemSimulator(modems=1, tcp=0) as simulator:
        channel = open_address(simulator.ports[0])

        assert channel.send(a_job()).references == ("1",)
        channel.close()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # within pyserial
def test_a_modem_behind_a_shared_port_sends(open_address: OpenAddress) -> None:
    # A pseudo-terminal has no control lines to share.
    with (
        ModemSimulator(modems=1, tcp=0) as simulator,
        closing(SharedPort(simulator.ports[0])) as shared,
    ):
        channel = open_address(shared.address)

        assert channel.send(a_job()).references == ("1",)
        channel.close()


def test_a_connection_that_ends_is_noticed_and_made_again(open_address: OpenAddress) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    with ModemSimulator(modems=1, tcp=free) as simulator:
        channel = open_address(simulator.ports[0])
        channel.send(a_job())
        simulator.unplug()
        simulator.plug()

        with contextlib.suppress(TransportError):
            channel.send(a_job())  # it may not have noticed yet
        assert channel.send(a_job()).references
        channel.close()


def test_an_address_is_used_by_one_channel() -> None:
    with ModemSimulator(modems=1, tcp=0) as simulator:

        def connect() -> object:
            return open_serial(
                simulator.ports[0],
                baudrate=115_200,
                on_bytes=lambda data: None,
                on_lost=lambda reason: None,
                name="test",
            )

        first = connect()
        with pytest.raises(LineLost, match="somebody else"):
            connect()
        first.close()  # type: ignore[attr-defined]


def test_an_address_where_nobody_listens_is_a_lost_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"socket://127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(LineLost, match="cannot open"):
        open_serial(
            address,
            baudrate=115_200,
            on_bytes=lambda data: None,
            on_lost=lambda reason: None,
            name="test",
        )
