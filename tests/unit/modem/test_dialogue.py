"""
One command at a time over one line; the modem is whoever holds the other end.
"""

from collections.abc import Callable
from functools import partial

import pytest

from smscore.errors import TemporaryFailure
from smscore_modem._line._dialogue import Answer, Dialogue, NoAnswer, NoPrompt, Pacing, Unsettled
from smscore_modem._line._events import Notification
from smscore_modem._line._serial import LineLost
from smscore_modem._profiles import load
from smscore_modem._time import Mailbox, Silence
from smscore_modem._traffic._calls import ask_network
from smscore_modem._traffic._inbox import listing
from smscore_modem.simulator import VirtualTime

REPORT, ANOTHER = "06010203040506070809", "06010203040506070800"


def cds(pdu: str) -> bytes:
    return f"\r\n+CDS: {len(pdu) // 2}\r\n{pdu}\r\n".encode()


class OtherEnd:
    """Keeps what was written and when; ``reply`` says what comes back to some of it."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        self.written: list[tuple[float, bytes]] = []
        self.noticed: list[Notification] = []
        self.dialogue = Dialogue(self.noticed.append, time=self.time)
        self.dialogue.attach(self)
        self.replies: dict[bytes, Callable[[], None]] = {}

    def write(self, data: bytes) -> None:
        self.written.append((self.time.monotonic(), data))
        reply = self.replies.get(data)
        if reply is not None:
            reply()

    def close(self) -> None:
        """There is nothing to close."""

    def on(self, data: bytes, *said: bytes, after: float = 0.0) -> None:
        """When this is written, say that, each piece so many seconds after the one before."""

        def reply() -> None:
            for place, piece in enumerate(said):
                self.time.later(after * place, partial(self.dialogue.receive, piece))

        self.replies[data] = reply

    def submit(self, *, pacing: Pacing | None = None) -> Answer:
        return self.dialogue.submit(
            "AT+CMGS=2",
            "000102",
            prompt_timeout=5.0,
            timeout=120.0,
            late=60.0,
            pacing=pacing,
            answered_by=lambda said: "+CMGS: 7" if said.pdu == REPORT else None,
        )


@pytest.fixture
def end() -> OtherEnd:
    return OtherEnd()


def test_a_payload_waits_for_its_prompt_and_gets_its_answer(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", b"\r\n+CMGS: 7\r\n\r\nOK\r\n")

    answer = end.submit()

    assert (answer.lines, answer.is_ok, answer.was_written) == (("+CMGS: 7",), True, True)


def test_the_end_of_a_payload_may_go_apart_and_later(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"\x1a", b"\r\nOK\r\n")
    end.submit(pacing=Pacing(before=0.12, before_end=0.1))

    (_, command), (paid_at, payload), (ended_at, last) = end.written
    assert (command, payload, last) == (b"AT+CMGS=2\r", b"000102", b"\x1a")
    assert [paid_at, ended_at] == pytest.approx([0.12, 0.22])


def test_a_refusal_in_place_of_the_prompt_says_that_nothing_was_written(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n+CMS ERROR: 310\r\n")

    answer = end.submit()

    assert (answer.final.code, answer.was_written) == ("310", False)


def test_a_prompt_that_does_not_come_is_asked_for_once_more(end: OtherEnd) -> None:
    with pytest.raises(NoPrompt):
        end.submit()

    assert [data for _, data in end.written] == [b"AT+CMGS=2\r", b"\x1b", b"AT+CMGS=2\r"]


def test_an_ok_in_place_of_what_was_never_written_says_that_nothing_was_sent(
    end: OtherEnd,
) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> \r\nOK\r\n")

    with pytest.raises(NoPrompt):
        end.submit()
    assert b"000102\x1a" not in [data for _, data in end.written]


def test_an_ok_that_may_answer_the_escape_proves_nothing(end: OtherEnd) -> None:
    asked = []

    def prompt_late() -> None:
        asked.append(end.time.monotonic())
        if len(asked) == 2:
            end.dialogue.receive(b"\r\n> ")  # for the first of the two commands

    end.replies[b"AT+CMGS=2\r"] = prompt_late
    end.on(b"000102\x1a", b"\r\nOK\r\n")

    # It would mean that the message was sent, if there had been no escape.
    with pytest.raises(Unsettled):
        end.submit()


def test_a_report_stands_in_for_the_answer_when_that_is_overdue(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", cds(ANOTHER), cds(REPORT), b"\r\nOVERHEARD\r\n", after=2.0)

    answer = end.submit()

    assert (answer.lines, answer.is_ok, answer.is_overdue) == (("+CMGS: 7",), True, True)
    assert end.time.monotonic() == pytest.approx(120.0)
    assert [said.pdu for said in end.noticed] == [ANOTHER, REPORT]


def test_the_answer_itself_counts_if_it_comes_behind_the_report(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", cds(REPORT), b"\r\n+CMGS: 8\r\n\r\nOK\r\n", after=100.0)

    answer = end.submit()

    assert (answer.lines, answer.is_overdue) == (("+CMGS: 8",), False)


def test_the_answer_may_come_right_behind_a_report_that_is_late_itself(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", b"", *[b""] * 35, cds(REPORT), b"\r\n+CMGS: 8\r\n\r\nOK\r\n", after=4.0)

    assert end.submit().lines == ("+CMGS: 8",)


def test_a_report_counts_although_the_line_is_lost_behind_it(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", cds(REPORT))
    end.time.later(10.0, lambda: end.dialogue.lose("unplugged"))

    assert end.submit().lines == ("+CMGS: 7",)
    assert end.time.monotonic() == pytest.approx(10.0)


def test_a_report_on_something_else_settles_nothing(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", cds(ANOTHER))

    with pytest.raises(Unsettled):
        end.submit()
    assert end.time.monotonic() == pytest.approx(180.0)


def test_a_reference_without_its_ok_is_proof_enough(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", b"\r\n+CMGS: 7\r\n", b"\r\nO?\r\n", after=0.1)

    answer = end.submit()

    assert (answer.lines[0], answer.is_ok) == ("+CMGS: 7", True)
    assert end.time.monotonic() < 10


def test_silence_behind_the_payload_is_unsettled(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")

    with pytest.raises(Unsettled):
        end.submit()
    assert end.time.monotonic() == pytest.approx(180.0)


def test_whoever_waits_is_told_that_the_line_is_lost(end: OtherEnd) -> None:
    end.time.later(1.0, lambda: end.dialogue.lose("unplugged"))

    with pytest.raises(LineLost, match="unplugged"):
        end.dialogue.ask("AT", timeout=5.0)
    with pytest.raises(LineLost, match="unplugged"):
        end.dialogue.ask("AT", timeout=5.0)


def test_whoever_listens_hears_only_what_was_asked_for(end: OtherEnd) -> None:
    with end.dialogue.listening("+CUSD") as ear:
        end.dialogue.receive(b'\r\nRING\r\n\r\n+CUSD: 0,"5 EUR",15\r\n')

        assert ear.next(1.0).text == '0,"5 EUR",15'
        with pytest.raises(NoAnswer):
            ear.next(1.0)
        end.dialogue.lose("unplugged")
        with pytest.raises(LineLost):
            ear.next(1.0)
    assert [one.name for one in end.noticed] == ["RING", "+CUSD"]


def test_it_knows_whether_it_is_busy_and_when_it_was_last_answered(end: OtherEnd) -> None:
    busy = []
    end.on(b"AT\r", b"\r\nO", b"K\r\n", after=3.0)
    end.time.later(1.0, lambda: busy.append(end.dialogue.is_busy))
    end.dialogue.ask("AT", timeout=5.0)

    assert busy == [True]
    assert not end.dialogue.is_busy
    assert end.dialogue.spoken_at == pytest.approx(3.0)


def test_a_long_answer_on_a_slow_line_may_take_longer_than_its_deadline(end: OtherEnd) -> None:
    end.on(b"AT+CMGL=4\r", *[b"x\r\n"] * 20, b"OK\r\n", after=4.0)

    answer = end.dialogue.ask("AT+CMGL=4", timeout=5.0, longest=100.0)

    assert len(answer.lines) == 20


def test_a_modem_that_never_stops_is_given_up_after_two_deadlines(end: OtherEnd) -> None:
    end.on(b"ATI\r", *[b"x\r\n"] * 100, after=4.0)

    with pytest.raises(NoAnswer):
        end.dialogue.ask("ATI", timeout=5.0)
    assert end.time.monotonic() == pytest.approx(10.0)


def test_a_list_that_never_ends_takes_no_longer_than_the_store_is_large(end: OtherEnd) -> None:
    end.on(b"AT+CMGL=4\r", *[b"x\r\n"] * 1000, after=15.0)

    with pytest.raises(NoAnswer):
        listing(end.dialogue, total=10, timeout=20.0)
    assert end.time.monotonic() == pytest.approx(55.0)


def test_chatter_behind_a_payload_does_not_put_doubt_off(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    end.on(b"000102\x1a", *[b"x\r\n"] * 50, after=10.0)

    with pytest.raises(Unsettled):
        end.submit()
    assert end.time.monotonic() == pytest.approx(180.0)


def test_an_answer_that_is_still_owed_is_let_pass(end: OtherEnd) -> None:
    answers = iter(("one", "two", "three"))
    end.replies = dict.fromkeys(
        (b"AT+CGMI\r", b"AT+CGMM\r"),
        lambda: end.time.later(
            4.0, partial(end.dialogue.receive, f"\r\n{next(answers)}\r\n\r\nOK\r\n".encode())
        ),
    )

    with pytest.raises(NoAnswer):
        end.dialogue.ask("AT+CGMI", timeout=3.0)
    end.dialogue.ask("AT+CGMI", timeout=3.0)
    asked_at = end.time.monotonic()
    assert end.dialogue.ask("AT+CGMM", timeout=3.0).lines == ("three",)
    assert end.time.monotonic() - asked_at == pytest.approx(4.0)


def test_a_message_that_is_answered_late_makes_no_slow_modem(end: OtherEnd) -> None:
    end.on(b"AT+CMGS=2\r", b"\r\n> ")
    with pytest.raises(Unsettled):
        end.submit()
    end.on(b"AT\r", b"\r\n+CMGS: 7\r\n\r\nOK\r\n", b"\r\nOK\r\n", after=0.5)
    end.dialogue.ask("AT", timeout=5.0)
    end.replies.clear()

    asked_at = end.time.monotonic()
    with pytest.raises(NoAnswer):
        end.dialogue.ask("AT", timeout=5.0)
    assert end.time.monotonic() - asked_at == pytest.approx(5.0)


def test_an_answer_that_got_lost_is_not_waited_for_for_ever(end: OtherEnd) -> None:
    with pytest.raises(NoAnswer):
        end.dialogue.ask("AT+CGMI", timeout=60.0)
    end.on(b"AT\r", b"\r\nOK\r\n")

    end.dialogue.ask("AT", timeout=5.0)
    assert end.time.monotonic() == pytest.approx(70.0)
    end.dialogue.ask("AT", timeout=5.0)
    assert end.time.monotonic() == pytest.approx(70.0)


def test_an_endless_answer_fills_no_memory(end: OtherEnd) -> None:
    end.on(b"ATI\r", b"x\r\n" * 50_000, b"\r\nOK\r\n", after=1.0)

    with pytest.raises(NoAnswer, match="does not end"):
        end.dialogue.ask("ATI", timeout=5.0)


def test_a_mailbox_that_is_full_takes_nothing_more() -> None:
    box: Mailbox[int] = Mailbox(VirtualTime(), most=2)
    for letter in range(5):
        box.put(letter)

    assert [box.get(0), box.get(0)] == [0, 1]
    with pytest.raises(Silence):
        box.get(0)


def test_a_modem_that_babbles_of_ussd_does_not_hold_the_line(end: OtherEnd) -> None:
    babble = (b"\r\nOK\r\n", *[b"\r\n+CUSD: x\r\n"] * 20)
    end.on(b'AT+CUSD=1,"*1#",15\r', *babble, after=50.0)
    end.on(b"AT+CUSD=2\r", b"\r\nOK\r\n")

    with pytest.raises(TemporaryFailure):
        ask_network(end.dialogue, "*1#", profile=load("generic"))
    assert end.time.monotonic() < 300
