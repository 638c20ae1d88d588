"""
A process is killed while its modem is in the middle of something: the next one finds it as it was.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest

from smscore.domain.segments import split
from smscore.errors import TransportError
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem._channel import ModemChannel
from smscore_modem._line._serial import LineLost, Port
from smscore_modem._options import ModemOptions
from smscore_modem.simulator import (
    LOSSY,
    ONE_BYTE,
    PERFECT,
    SLOW,
    Personality,
    SimulatedLines,
    VirtualTime,
    Wire,
)

# A line that is no line, how long two parts take on it, and until a modem is ready behind it.
WIRES = {
    "perfect": (PERFECT, 0.02, 5.0),
    "one byte at a time": (ONE_BYTE, 0.5, 5.0),
    "slow": (SLOW, 5.0, 20.0),
    "lossy": (LOSSY, 0.02, 15.0),
}
MOMENTS = 8


class Doomed:
    """The ports of a process that is going to be killed: what it has not written, it never will."""

    def __init__(self, lines: SimulatedLines) -> None:
        self._lines = lines
        self._is_dead = False
        self._ports: list[Port] = []

    def connect(
        self,
        path: str,
        *,
        baudrate: int,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        name: str,
    ) -> Port:
        if self._is_dead:
            raise LineLost("killed")
        self._lost = on_lost
        port = self._lines.connect(
            path, baudrate=baudrate, on_bytes=on_bytes, on_lost=on_lost, name=name
        )
        self._ports.append(port)
        return port

    def kill(self) -> None:
        self._is_dead = True
        for port in self._ports:
            port.close()
        self._lost("killed")


def left(lines: SimulatedLines, *, after: float, from_prompt: bool = False) -> None:
    """Let a process begin to send two parts, and kill it so many seconds later, or after that."""
    doomed = Doomed(lines)
    channel = ModemChannel(
        "m1",
        ModemOptions(port="modem1", response_timeout=20.0),
        connect=doomed.connect,
        clock=lines.time,
        time=lines.time,
    )
    channel.open(RecordingSink(), RecordingJournal())
    assert lines.wait_for(lambda: channel.health().is_ready, 120.0)
    lines.time.sleep(30.0)

    def send() -> None:
        with suppress(TransportError):
            channel.send(a_job(segments=split("0123456789" * 20)))

    lines.time.start(send, name="sender")
    if from_prompt:
        assert lines.wait_for(lambda: lines.modems[0].sending.is_announced, 10.0)
    lines.time.sleep(after)
    doomed.kill()
    channel.close()


@pytest.mark.parametrize("fault", ["", "silent at=prompt skip=1", "silent at=pdu skip=1"])
@pytest.mark.parametrize("wire", WIRES)
def test_a_modem_that_a_killed_process_left_is_ready_within_seconds(wire: str, fault: str) -> None:
    kind, lasts, within = WIRES[wire]
    for moment in range(MOMENTS):
        lines = SimulatedLines(time=VirtualTime(), wire=kind)
        if fault:
            lines.begin_fault(fault)
        left(lines, after=lasts * moment / MOMENTS)
        lines.end_fault()
        began = lines.time.monotonic()
        with lines.channel(RecordingSink(), RecordingJournal()) as channel:
            assert lines.wait_for(lambda: channel.health().is_ready, within)
            assert channel.send(a_job()).references[0]

        assert lines.time.monotonic() - began < within + 5.0


@pytest.mark.parametrize("name", Personality.names())
def test_a_modem_of_any_kind_that_was_left_at_its_prompt_takes_the_next_message(name: str) -> None:
    lines = SimulatedLines(time=VirtualTime(), profiles=name, wire=Wire(gap=0.001))
    left(lines, after=0.03, from_prompt=True)  # or in the middle of the PDU
    assert lines.modems[0].sending.is_announced

    with lines.channel(RecordingSink(), RecordingJournal()) as channel:
        assert lines.wait_for(lambda: channel.health().is_ready, 15.0)
        assert channel.send(a_job()).references[0]
