"""
What becomes of messages on the virtual network: by whom they are for.
"""

from datetime import timedelta

import pytest
from bench import Bench, a_pdu

from smscore_modem._pdu import Deliver, StatusReport, decode_incoming
from smscore_modem.simulator import Action, Doing, SimulatedLines, VirtualTime

ROUTED = "AT+CNMI=2,1,0,1,0"


@pytest.fixture
def bench() -> Bench:
    bench = Bench(modems=2)
    bench.type(ROUTED)
    return bench


def incoming(lines: list[str]) -> list[Deliver | StatusReport]:
    """The PDUs among the lines."""
    return [decode_incoming(bytes.fromhex(line)) for line in lines if line[:1].isdecimal()]


def statuses(lines: list[str]) -> list[int]:
    return [report.status for report in incoming(lines) if isinstance(report, StatusReport)]


def test_anybody_else_receives(bench: Bench) -> None:
    assert bench.send() == ["> ", "+CMGS: 1", "OK"]
    (report,) = incoming(bench.wait(6))

    assert isinstance(report, StatusReport)
    assert (report.reference, str(report.recipient), report.status) == (1, "+491701234567", 0)


def test_there_is_no_report_unless_it_was_asked_for(bench: Bench) -> None:
    bench.send(a_pdu(wants_report=False))

    assert bench.wait(60) == []


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+9990112345", [0x45]),
        ("+9990212345", [0x46]),
        ("+9990312345", [0x20, 0x00]),
        ("+9990412345", []),
        ("+999000412345", [0x00, 0x00]),
        ("+999000512345", [0x01]),
        ("+9990007123067", [67]),
        ("+999000812345", [0x20]),
    ],
)
def test_magic_numbers_are_reported_in_their_ways(
    bench: Bench, number: str, expected: list[int]
) -> None:
    assert bench.send(a_pdu(number)) == ["> ", "+CMGS: 1", "OK"]

    assert statuses(bench.wait(60)) == expected


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("+99905038", "+CMS ERROR: 38"),
        ("+9990512321", "+CMS ERROR: 321"),
        ("+9990001014", "+CME ERROR: 14"),
        ("+99905", "+CMS ERROR: 500"),
    ],
)
def test_magic_numbers_are_refused_with_any_error(bench: Bench, number: str, refusal: str) -> None:
    bench.type("AT+CMEE=1")

    assert bench.send(a_pdu(number)) == ["> ", refusal]
    assert bench.taken == []


def test_a_report_comes_as_late_as_the_number_says(bench: Bench) -> None:
    bench.send(a_pdu("+99908000120"))

    assert bench.wait(119) == []
    assert statuses(bench.wait(2)) == [0x00]


def test_a_report_comes_before_its_reference(bench: Bench) -> None:
    assert bench.send(a_pdu("+9990912345")) == ["> "]

    said = bench.wait(6)
    assert statuses(said) == [0x00]
    assert said[-2:] == ["+CMGS: 1", "OK"]


def test_a_reference_comes_as_late_as_the_number_says(bench: Bench) -> None:
    assert bench.send(a_pdu("+9990003130")) == ["> "]
    bench.wait(129)

    assert bench.wait(1) == ["+CMGS: 1", "OK"]


def test_a_message_is_taken_in_silence(bench: Bench) -> None:
    assert bench.send(a_pdu("+9990612345")) == ["> "]
    assert len(bench.taken) == 1
    assert bench.type("AT") == ["OK"]


def test_a_message_is_taken_without_a_reference(bench: Bench) -> None:
    assert bench.send(a_pdu("+999000612345")) == ["> ", "OK"]


def test_a_message_is_taken_and_the_port_vanishes(bench: Bench) -> None:
    assert bench.send(a_pdu("+9990712345"))[1:] == []
    assert bench.absences == [(False, 0.2)]
    assert len(bench.taken) == 1


def test_a_magic_number_answers_with_the_same_text(bench: Bench) -> None:
    bench.type("AT+CNMI=2,2,0,1,0")
    bench.send(a_pdu("+999000212345", content=b"echo"))
    report, reply = incoming(bench.wait(6))

    assert isinstance(report, StatusReport)
    assert isinstance(reply, Deliver)
    assert (str(reply.sender), reply.user_data.content) == ("+999000212345", b"echo")


def test_modems_write_to_one_another_and_to_themselves(bench: Bench) -> None:
    bench.modems[1].receive(b"AT+CNMI=2,1,0,1,0\r")
    bench.send(a_pdu(bench.modems[1].number))
    assert statuses(bench.wait(6)) == [0x00]
    assert b'+CMTI: "SM",1' in bench.modems[1].take()

    bench.send(a_pdu(bench.modem.number))
    assert '+CMTI: "SM",1' in bench.wait(6)


def test_a_message_for_a_modem_without_a_network_is_delivered_and_reported_later(
    bench: Bench,
) -> None:
    bench.modems[1].faults.begin("no_registration seconds=100")
    bench.send(a_pdu(bench.modems[1].number))
    assert bench.wait(100) == []

    assert statuses(bench.wait(10)) == [0x00]


def test_a_message_that_cannot_be_delivered_in_its_time_expires(bench: Bench) -> None:
    bench.modems[1].faults.begin("no_registration seconds=600")
    bench.send(a_pdu(bench.modems[1].number, validity=timedelta(minutes=5)))
    (report,) = incoming(bench.wait(400))
    bench.wait(600)

    assert isinstance(report, StatusReport)
    assert report.status == 0x46
    assert bench.modems[1].stores.usage("SM") == "0,30"


def test_a_report_says_when_the_message_was_taken_and_when_it_arrived(bench: Bench) -> None:
    taken_at = bench.now()
    bench.modems[1].faults.begin("no_registration seconds=100")
    bench.send(a_pdu(bench.modems[1].number))
    (report,) = incoming(bench.wait(120))

    assert isinstance(report, StatusReport)
    assert report.sent_at.moment == taken_at
    assert report.finished_at.moment is not None
    assert report.finished_at.moment - taken_at >= timedelta(seconds=100)


def test_a_report_for_a_modem_that_is_off_waits_until_it_has_registered_again() -> None:
    bench = Bench("sierra")
    bench.send()
    bench.modem.faults.begin("unplugged delay=60")
    bench.wait(60)
    assert bench.type("ATE0", "AT+CREG=1", ROUTED, "AT+CREG?")[-2:] == ["+CREG: 1,2", "OK"]

    said = bench.wait(6)
    assert said[0] == "+CREG: 1"
    assert statuses(said) == [0x00]


def test_somebody_calls_and_hangs_up(bench: Bench) -> None:
    bench.type("AT+CLIP=1")
    bench.network.call(bench.modem, "+491701234567", seconds=5)
    said = bench.wait(10)

    assert said[:2] == ["RING", '+CLIP: "+491701234567",145,"",,"",0']
    assert said[-1] == "NO CARRIER"
    assert bench.wait(60) == []


def test_a_call_that_was_answered_or_refused_is_not_ended_twice(bench: Bench) -> None:
    bench.network.call(bench.modem, "+491701234567", seconds=5)
    bench.type("ATH")
    bench.network.call(bench.modem, "+491701234568", seconds=60)
    bench.wait(10)

    assert bench.type("AT+CLCC")[0].startswith("+CLCC: 1,1,4")


def test_a_stray_report_arrives(bench: Bench) -> None:
    bench.network.report(bench.modem, recipient="+491701234567", reference=200, status=0x46)
    (report,) = incoming(bench.heard())

    assert isinstance(report, StatusReport)
    assert (report.reference, report.status) == (200, 0x46)


def test_roaming_is_a_state_of_registration(bench: Bench) -> None:
    bench.modem.radio.granted = 5
    bench.type("AT+CREG=1")

    assert bench.type("AT+CREG?") == ["+CREG: 1,5", "OK"]
    assert bench.send()[1] == "+CMGS: 1"


def test_where_there_is_lte_alone_the_older_commands_tell_of_nothing(bench: Bench) -> None:
    bench.modem.radio.domains = ("+CEREG",)

    assert bench.type("AT+CREG?", "AT+CEREG?") == ["+CREG: 0,0", "OK", "+CEREG: 0,1", "OK"]
    assert bench.send()[1] == "+CMGS: 1"


def test_calls_and_stray_reports_are_steps_of_a_scenario() -> None:
    lines = SimulatedLines(time=VirtualTime())
    modem = lines.modems[0]
    lines.perform(Action(do=Doing.CALL, sender="+491701234567", seconds=3))
    assert modem.voice.call is not None
    lines.time.sleep(4)
    assert modem.voice.call is None

    modem.settings.routing = [2, 1, 0, 2, 0]
    lines.perform(Action(do=Doing.REPORT, sender="+491701234567", reference=7, status=1))
    assert modem.stores.usage("SR") == "1,50"
    lines.perform(Action(do=Doing.PDU, pdu="00FF"))
    assert modem.stores.usage("SM") == "1,30"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"do": Doing.CALL}, "call needs sender"),
        ({"do": Doing.REPORT, "sender": "+491"}, "report needs reference"),
        ({"do": Doing.REPORT, "sender": "+491", "reference": 256}, "reference"),
        ({"do": Doing.CALL, "sender": "+491", "seconds": -1}, "seconds"),
        ({"do": Doing.PDU, "pdu": "XX"}, "hexadecimal"),
        ({"do": Doing.PDU, "pdu": ""}, "empty"),
    ],
)
def test_a_step_that_lacks_something_is_refused(words: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Action(**words)
