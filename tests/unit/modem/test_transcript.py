import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_modem._line._transcript import Spoken, Transcript, read_transcript
from smscore_modem._time import SYSTEM
from smscore_modem.simulator import VirtualTime

PDU = b"0001000B916407281553F800000AE8329BFD4697D9EC37"


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def transcript(time: VirtualTime) -> Transcript:
    return Transcript(time)


def said(transcript: Transcript, **how: bool) -> str:
    return "\n".join(line.split(" ", 1)[1] for line in transcript.lines(**how))


def test_it_shows_who_said_what_and_when(time: VirtualTime, transcript: Transcript) -> None:
    transcript.sent(b"AT+CSQ\r")
    time.sleep(0.25)
    transcript.received(b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
    transcript.note("the port\nwas closed")

    assert transcript.lines() == [
        "0.000 > AT+CSQ\\r",
        "0.250 < \\r\\n+CSQ: 20,99\\r\\n",
        "0.250 < \\r\\nOK\\r\\n",
        "0.250 # the port was closed",
    ]


@pytest.mark.parametrize(
    "command",
    ['AT+CPIN="1234"', 'AT+CPIN="12345678","1234"', 'at^cpin="1234"', 'AT+CLCK="SC",1,"1234"'],
)
def test_a_pin_is_never_shown_in_a_command_or_its_echo(
    transcript: Transcript, command: str
) -> None:
    transcript.sent(command.encode() + b"\r")
    for octet in command.encode() + b"\r\r\n":
        transcript.received(bytes([octet]))

    assert "123" not in said(transcript)


@pytest.mark.parametrize("echo", ['AT+CPI="1234"', 'AT+C\x00PIN="1234"', 'AT+CPIN=\r"1234"'])
def test_a_pin_is_not_shown_in_a_damaged_echo_either(transcript: Transcript, echo: str) -> None:
    transcript.sent(b'AT+CPIN="1234"\r')
    transcript.received(f"{echo}\r\n".encode())

    assert not any("1234" in line for line in transcript.lines())


def test_a_pin_that_is_verified_by_octets_is_not_shown(transcript: Transcript) -> None:
    transcript.sent(b'AT+CSIM=26,"002000010831323334FFFFFFFF"\r')
    transcript.sent(b'AT+CSIM=10,"0020000100"\r')

    assert "31323334" not in said(transcript)
    assert '"0020000100"' in said(transcript)


def test_texts_and_numbers_are_masked_on_demand(transcript: Transcript) -> None:
    transcript.sent(PDU + b"\x1a")
    transcript.received(b'\r\n+CUSD: 0,"you have 5 EUR",15\r\n')
    transcript.sent(b"ATD+491701234567;\r")
    assert PDU.decode() in said(transcript)

    masked = said(transcript, masks_texts=True)

    assert "0" * len(PDU) + "\\x1a" in masked
    assert "EUR" not in masked
    assert "4917" not in masked


def test_only_the_last_lines_are_kept() -> None:
    transcript = Transcript(SYSTEM, most=10)
    for number in range(100):
        transcript.sent(f"AT+N={number}\r".encode())

    assert len(transcript.lines()) == 10
    assert transcript.lines()[-1].endswith("AT+N=99\\r")


def test_a_line_that_never_ends_does_not_grow_without_end() -> None:
    transcript = Transcript(SYSTEM, most=3)
    for _ in range(1000):
        transcript.received(b"x" * 100)

    assert sum(map(len, transcript.lines())) < 3 * 5000


@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=50)), max_size=20))
def test_what_was_written_can_be_read_again(spoken: list[tuple[bool, bytes]]) -> None:
    transcript = Transcript(SYSTEM)
    for is_ours, data in spoken:
        (transcript.sent if is_ours else transcript.received)(data)

    for is_ours in (True, False):
        read = [one.data for one in read_transcript(transcript.lines()) if one.is_ours == is_ours]
        assert b"".join(read) == b"".join(data for ours, data in spoken if ours == is_ours)


def test_remarks_and_empty_lines_are_passed_over() -> None:
    lines = ["# 2026-03-01", "", "0.000 > AT\\r\n", "0.100 # closed", "1.500 < \\x00OK\\r\\n"]

    assert read_transcript(lines) == (
        Spoken(at=0.0, is_ours=True, data=b"AT\r"),
        Spoken(at=1.5, is_ours=False, data=b"\0OK\r\n"),
    )


@pytest.mark.parametrize("line", ["AT", "0.000 AT", "x > AT", "0.000 > \\q", "0.000 > é€"])
def test_what_is_no_transcript_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 of the transcript"):
        read_transcript(["# fine", line])
