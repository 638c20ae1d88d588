"""
Wires, and the same conversation over each of them.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smscore.domain.numbers import PhoneNumber
from smscore.errors import Indeterminate, TransportError
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem.simulator import (
    LOSSY,
    ONE_BYTE,
    PERFECT,
    SLOW,
    SimulatedLines,
    VirtualTime,
    Wire,
    wire_of,
)
from smscore_modem.simulator._wires import Strand

CHUNKS = st.lists(st.binary(max_size=50), max_size=10)


def carried(wire: Wire, *chunks: bytes, now: float = 0.0) -> list[tuple[float, bytes]]:
    strand = Strand(wire, towards="modem")
    return [piece for chunk in chunks for piece in strand.carry(chunk, now=now)]


def test_a_perfect_wire_carries_all_at_once() -> None:
    assert carried(PERFECT, b"AT\r") == [(0.0, b"AT\r")]


def test_nothing_is_carried_as_nothing() -> None:
    assert carried(PERFECT, b"") == carried(SLOW, b"") == []


def test_one_byte_after_the_other() -> None:
    assert [piece for _, piece in carried(ONE_BYTE, b"AT\r")] == [b"A", b"T", b"\r"]


def test_a_slow_wire_needs_ten_bits_for_each_byte() -> None:
    pieces = carried(Wire.slow(100), b"AT", b"\r")

    assert [piece for _, piece in pieces] == [b"A", b"T", b"\r"]
    assert [delay for delay, _ in pieces] == pytest.approx([0.1, 0.2, 0.3])


def test_a_slow_wire_is_free_again_after_a_pause() -> None:
    strand = Strand(Wire.slow(100), towards="modem")
    strand.carry(b"AT\r", now=0.0)

    ((delay, _),) = strand.carry(b"A", now=7.0)
    assert delay == pytest.approx(0.1)


@given(chunks=CHUNKS, wire=st.sampled_from([PERFECT, ONE_BYTE, SLOW]))
def test_unless_it_is_lossy_a_wire_keeps_every_byte_and_their_order(
    chunks: list[bytes], wire: Wire
) -> None:
    pieces = carried(wire, *chunks)

    assert b"".join(piece for _, piece in pieces) == b"".join(chunks)
    assert [delay for delay, _ in pieces] == sorted(delay for delay, _ in pieces)


def test_a_lossy_wire_harms_about_as_much_as_was_asked_for() -> None:
    sent = b"\x55" * 20_000
    arrived = b"".join(piece for _, piece in carried(Wire.lossy(20), sent))

    assert 300 < len(sent) - len(arrived) < 700
    assert 300 < arrived.count(b"\xd5") < 700
    assert set(arrived) == {0x55, 0xD5}


def test_the_same_seed_harms_the_same_bytes_and_another_seed_others() -> None:
    sent = bytes(range(100)) * 10

    assert carried(Wire.lossy(20, seed=7), sent) == carried(Wire.lossy(20, seed=7), sent)
    assert carried(Wire.lossy(20, seed=7), sent) != carried(Wire.lossy(20, seed=8), sent)


def test_both_directions_suffer_independently() -> None:
    sent = bytes(range(100)) * 10
    to_modem, to_client = (
        Strand(Wire.lossy(20), towards=towards).carry(sent, now=0.0)
        for towards in ("modem", "client")
    )

    assert to_modem != to_client


@pytest.mark.parametrize("chance", [-0.1, 1.0])
def test_a_chance_has_a_range(chance: float) -> None:
    with pytest.raises(ValueError, match="drops is a chance"):
        Wire(drops=chance)
    with pytest.raises(ValueError, match="garbles is a chance"):
        Wire(garbles=chance)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("perfect", PERFECT),
        ("one-byte", ONE_BYTE),
        ("slow", SLOW),
        ("lossy", LOSSY),
        ("slow:300", Wire.slow(300)),
        ("lossy:50", Wire.lossy(50)),
    ],
)
def test_wires_have_names(text: str, wire: Wire) -> None:
    assert wire_of(text) == wire


@pytest.mark.parametrize("text", ["", "fast", "slow:", "slow:0", "slow:-1", "perfect:3", "lossy:x"])
def test_a_name_of_no_wire_is_answered_with_those_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"no wire; there are perfect, one-byte, slow, lossy"):
        wire_of(text)


@pytest.mark.parametrize("wire", [PERFECT, ONE_BYTE, SLOW], ids=["perfect", "one-byte", "slow"])
def test_three_parts_are_sent_and_named_over_any_wire(wire: Wire) -> None:
    lines = SimulatedLines(time=VirtualTime(), wire=wire)

    with lines.channel(RecordingSink(), RecordingJournal()) as channel:
        receipt = channel.send(a_job("one ", "two ", "three", recipient=PhoneNumber("+491701")))

    assert receipt.references == ("1", "2", "3")
    contents = [submission.submit.user_data.content for submission in lines.taken]
    assert contents == [b"one ", b"two ", b"three"]


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_over_a_lossy_wire_nothing_is_sent_twice_and_nothing_is_taken_for_sent(seed: int) -> None:
    lines = SimulatedLines(time=VirtualTime(), wire=Wire.lossy(300, seed=seed))
    sink = RecordingSink()
    sent, doubtful = [], []

    with lines.channel(sink, RecordingJournal()) as channel:
        for text in ("one", "two", "three", "four"):
            for _ in range(10):
                try:
                    channel.send(a_job(text))
                except Indeterminate:
                    doubtful.append(text)
                    break
                except TransportError:
                    lines.time.sleep(60)
                else:
                    sent.append(text)
                    break
        lines.inject_sms(sender="+491701", text="hello")
        arrived = lines.time.wait_for(lambda: bool(sink.parts), 24 * 3600)

    taken = [submission.submit.user_data.content.decode() for submission in lines.taken]
    assert len(set(taken)) == len(taken)
    assert set(sent) <= set(taken) <= {*sent, *doubtful}
    assert arrived
