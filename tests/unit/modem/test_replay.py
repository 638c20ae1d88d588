r"""
Transcripts that are played again: the same answers to the same commands.
"""

from pathlib import Path

import pytest

from smscore.errors import TemporaryFailure
from smscore.testing.builders import a_job
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_modem._line._transcript import read_transcript
from smscore_modem.simulator import (
    SimulatedLines,
    Submission,
    Verdict,
    VirtualModem,
    VirtualTime,
)
from smscore_modem.simulator._replay import ReplayedModem

SAID = r"""
# a remark
0.000 > AT\r
0.010 < AT\r\r\nOK\r\n
1.000 > AT+CSQ\r
1.250 < \r\n+CSQ: 7,99\r\n
1.260 < \r\nOK\r\n
1.900 < \r\n^RSSI: 9\r\n
2.000 > AT+CSQ\r
2.001 < \r\n+CSQ: 8,99\r\n
2.002 < \r\nOK\r\n
3.000 > AT+CPIN="****"\r
3.100 < \r\nOK\r\n
4.000 > AT+CMGS=17\r
4.100 < \r\n>\x20
4.200 > 0011\x1a
6.200 < \r\n+CMGS: 12\r\n
6.200 < \r\nOK\r\n
7.000 > \x1b
8.000 > AT+COPS?\r
"""


class Client:
    def __init__(self) -> None:
        self.time = VirtualTime()
        spoken = read_transcript(SAID.strip().splitlines())
        self.taken: list[Submission] = []
        other = VirtualModem(number="+99910001", submit=self._take)
        self.modem = ReplayedModem(spoken, other=other, later=self.time.later)

    def _take(self, submission: Submission) -> Verdict:
        self.taken.append(submission)
        return Verdict()

    def ask(self, *data: bytes, seconds: float = 0.7) -> bytes:
        for piece in data:
            self.modem.receive(piece)
        self.time.sleep(seconds)
        return self.modem.take()


def test_the_same_command_gets_the_same_answer_with_its_echo() -> None:
    assert Client().ask(b"AT\r") == b"AT\r\r\nOK\r\n"


def test_the_answer_takes_the_time_that_it_took() -> None:
    client = Client()

    assert client.ask(b"AT+CSQ\r", seconds=0.2) == b""
    assert client.ask(seconds=0.07) == b"\r\n+CSQ: 7,99\r\n\r\nOK\r\n"


def test_what_came_unasked_comes_again() -> None:
    assert Client().ask(b"AT+CSQ\r", seconds=1).endswith(b"^RSSI: 9\r\n")


def test_a_command_that_was_given_twice_gets_the_answers_in_turn_and_again() -> None:
    client = Client()

    answers = [client.ask(b"AT+CSQ\r") for _ in range(3)]

    assert [answer[8:9] for answer in answers] == [b"7", b"8", b"7"]


def test_another_message_gets_the_answers_of_the_one_that_was_sent() -> None:
    client = Client()

    assert client.ask(b"AT+CMGS=23\r").endswith(b"> ")
    assert client.ask(b"00112233\x1a", seconds=3) == b"\r\n+CMGS: 12\r\n\r\nOK\r\n"


def test_a_pin_that_was_masked_is_answered() -> None:
    assert Client().ask(b'AT+CPIN="9876"\r') == b"\r\nOK\r\n"


def test_what_was_never_asked_an_ordinary_modem_answers() -> None:
    assert b"\r\n+CREG: 0,1\r\n" in Client().ask(b"AT+CREG?\r")


def test_a_payload_goes_to_whoever_asked_for_it() -> None:
    client = Client()

    assert client.ask(b"AT+CMGW=13\r").endswith(b"> ")
    assert b"+CMGW: 1\r\n" in client.ask(b"0001000B916407281553F8000000\x1a")
    assert client.ask(b"AT+CMGS=23\r").endswith(b"> ")
    assert b"+CMGS: 12\r\n" in client.ask(b"00112233\x1a", seconds=3)
    assert client.taken == []


def test_what_was_never_answered_is_not_answered_again() -> None:
    assert Client().ask(b"AT+COPS?\r", seconds=100) == b""


def test_it_does_not_matter_how_bytes_are_cut_or_lines_end() -> None:
    assert Client().ask(b"\x1b", b"A", b"T\r", b"\n").endswith(b"OK\r\n")


def test_small_letters_are_the_same() -> None:
    assert Client().ask(b"at\r").endswith(b"OK\r\n")


def test_what_never_ends_is_forgotten() -> None:
    client = Client()
    client.ask(b"x" * 100_000, seconds=0)

    assert b"AT\r\r\nOK\r\n" in client.ask(b"\rAT\r")


def test_switched_off_it_begins_anew_and_says_nothing_that_was_on_its_way() -> None:
    client = Client()
    client.ask(b"AT+CSQ\r", seconds=0)
    client.modem.power_cycle()

    assert client.ask(seconds=5) == b""
    assert client.ask(b"AT+CSQ\r").startswith(b"\r\n+CSQ: 7")


def test_a_channel_works_on_what_was_written_down_of_another(tmp_path: Path) -> None:
    lines = SimulatedLines(time=VirtualTime())
    with lines.channel(RecordingSink(), RecordingJournal()) as channel:
        assert channel.send(a_job()).references == ("1",)
        exported = channel.operate("transcript", {})["lines"]
    path = tmp_path / "transcript.txt"
    path.write_text("\n".join(map(str, exported)))  # type: ignore[call-overload]  # of JSON

    replayed = SimulatedLines(time=VirtualTime(), modems=0, replays=[path])
    with replayed.channel(RecordingSink(), RecordingJournal()) as channel:
        assert channel.send(a_job("another text")).references == ("1",)
    assert replayed.taken == []


def test_a_channel_works_on_the_end_of_a_transcript(tmp_path: Path) -> None:
    path = tmp_path / "transcript.txt"
    path.write_text(
        "0.000 > AT+CMGS=17\\r\n0.100 < \\r\\n>\\x20\n0.200 > 0011\\x1a\n"
        "0.900 < \\r\\n+CMS ERROR: 38\\r\\n\n"
    )
    replayed = SimulatedLines(time=VirtualTime(), modems=0, replays=[path])

    with (
        replayed.channel(RecordingSink(), RecordingJournal()) as channel,
        pytest.raises(TemporaryFailure, match="38"),
    ):
        channel.send(a_job("another text"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("hello", "line 1"), ("", "nobody asks"), ("0.000 < RING\\r\\n", "nobody asks")],
)
def test_a_file_that_is_no_transcript_is_named(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(content)

    with pytest.raises(ValueError, match=rf"notes\.txt is no transcript: .*{complaint}"):
        SimulatedLines(time=VirtualTime(), modems=0, replays=[path])
