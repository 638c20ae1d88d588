"""
The same scenario over a perfect wire, single bytes, and a wire that adds noise.
"""

from collections.abc import Callable, Iterable

import pytest

from smscore.domain.numbers import PhoneNumber
from smscore.errors import Indeterminate
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem import ModemOptions
from smscore_modem._channel import ModemChannel
from smscore_modem._profiles import Profile
from smscore_modem._serial import LineLost
from smscore_modem.simulator import Submission, Verdict, VirtualModem

PROFILE = Profile(name="hasty", quiet=0.001)
Cut = Callable[[bytes], Iterable[bytes]]


class Wire:
    """A port whose other end is a virtual modem, heard through ``cut``."""

    def __init__(self, modem: VirtualModem, cut: Cut) -> None:
        self._modem = modem
        self._cut = cut
        self.is_broken = False

    def open(self, path: str, *, on_bytes: Callable[[bytes], None], **_: object) -> "Wire":
        self._on_bytes = on_bytes
        return self

    def write(self, data: bytes) -> None:
        self._modem.receive(data)
        if self.is_broken:
            raise LineLost("the wire broke")
        for piece in self._cut(self._modem.take()):
            self._on_bytes(piece)

    def close(self) -> None: ...


def whole(data: bytes) -> Iterable[bytes]:
    return (data,)


def single_bytes(data: bytes) -> Iterable[bytes]:
    return (bytes([octet]) for octet in data)


def noisy(data: bytes) -> Iterable[bytes]:
    """NULs within, and a notification of another kind behind every answer."""
    return (b"\0", data.replace(b"\r\n", b"\r\0\n"), b"\r\n^RSSI: 17\r\n" if data else b"")


class Network:
    def __init__(self) -> None:
        self.taken: list[Submission] = []
        self.wire: Wire | None = None

    def submit(self, submission: Submission) -> Verdict:
        self.taken.append(submission)
        if self.wire is not None:
            self.wire.is_broken = True
        return Verdict()


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.mark.parametrize("cut", [whole, single_bytes, noisy])
def test_three_parts_are_sent_and_named_over_any_wire(cut: Cut, network: Network) -> None:
    wire = Wire(VirtualModem(number="+99910001", submit=network.submit), cut)
    channel = ModemChannel("m1", ModemOptions(port="wire"), profile=PROFILE, connect=wire.open)
    channel.open(RecordingSink(), RecordingJournal())

    receipt = channel.send(a_job("one ", "two ", "three", recipient=PhoneNumber("+491701")))

    channel.close()
    assert receipt.references == ("1", "2", "3")
    assert [submission.submit.user_data.content for submission in network.taken] == [
        b"one ",
        b"two ",
        b"three",
    ]


def test_a_wire_that_breaks_behind_the_message_leaves_the_doubt(network: Network) -> None:
    journal = RecordingJournal()
    wire = Wire(VirtualModem(number="+99910001", submit=network.submit), whole)
    network.wire = wire
    channel = ModemChannel("m1", ModemOptions(port="wire"), profile=PROFILE, connect=wire.open)
    channel.open(RecordingSink(), journal)

    with pytest.raises(Indeterminate):
        channel.send(a_job())

    channel.close()
    assert [mark for mark, *_ in journal.marks] == ["submitting"]
