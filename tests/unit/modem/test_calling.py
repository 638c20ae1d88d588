"""
Messages that are calls, over a simulated line on virtual time.
"""

from collections.abc import Iterator

import pytest

from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.domain.segments import split
from smscore.errors import NotReady, PermanentFailure, TemporaryFailure
from smscore.ports.transport import SendJob
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem._channel import ModemChannel
from smscore_modem.simulator import SimulatedLines, VirtualTime


class Refusing(RecordingJournal):
    """A journal that lets nobody begin."""

    def submitting(self, job: SendJob, part: int) -> None:  # it is all the same
        raise NotReady("not ours")


@pytest.fixture
def lines() -> SimulatedLines:
    return SimulatedLines(time=VirtualTime())


@pytest.fixture
def journal() -> RecordingJournal:
    return RecordingJournal()


@pytest.fixture
def channel(lines: SimulatedLines, journal: RecordingJournal) -> Iterator[ModemChannel]:
    with lines.channel(RecordingSink(), journal) as channel:
        yield channel


def a_call(recipient: str = "+491701234567", **changes: object) -> SendJob:
    number = PhoneNumber(recipient)
    return a_job(medium=Medium.VOICE, recipient=number, segments=split(""), **changes)


def marks(journal: RecordingJournal) -> list[str]:
    return [mark for mark, _, _, _ in journal.marks]


def dialled(channel: ModemChannel) -> bool:
    return "ATD" in str(channel.operate("transcript", {})["lines"])


@pytest.mark.parametrize("recipient", ["+491701234567", "+999001100", "+999001200"])
def test_a_call_that_rings_is_sent_whether_or_not_somebody_answers(
    channel: ModemChannel, journal: RecordingJournal, recipient: str
) -> None:
    receipt = channel.send(a_call(recipient))

    assert receipt.references == (None,)
    assert marks(journal) == ["submitting", "accepted"]
    assert dialled(channel)


def test_a_call_that_never_rings_may_be_tried_again(
    channel: ModemChannel, journal: RecordingJournal
) -> None:
    with pytest.raises(TemporaryFailure, match="did not ring"):
        channel.send(a_call("+999001300"))

    assert marks(journal) == ["submitting", "refused"]


def test_what_nobody_can_dial_is_not_dialled(
    channel: ModemChannel, journal: RecordingJournal
) -> None:
    with pytest.raises(PermanentFailure):
        channel.send(a_call("+4"))

    assert marks(journal) == []


def test_a_call_that_rang_is_not_made_again(
    channel: ModemChannel, journal: RecordingJournal
) -> None:
    receipt = channel.send(a_call(accepted=(1,)))

    assert receipt.references == (None,)
    assert marks(journal) == []


def test_a_call_that_cannot_be_marked_is_not_made(lines: SimulatedLines) -> None:
    with lines.channel(RecordingSink(), Refusing()) as channel:
        with pytest.raises(NotReady):
            channel.send(a_call())

        assert not dialled(channel)


def test_a_text_can_be_sent_after_a_call(channel: ModemChannel) -> None:
    channel.send(a_call())

    assert channel.send(a_job()).references
