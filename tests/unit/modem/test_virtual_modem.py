from datetime import UTC, datetime

import pytest
from bench import said

from smscore_modem._pdu import (
    Coding,
    Deliver,
    Scheme,
    StatusReport,
    Submit,
    UserData,
    encode_submit,
)
from smscore_modem.simulator import VirtualModem
from smscore_modem.simulator._modem import Submission, Verdict
from smscore_modem.simulator._sim import Sim

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PDU = encode_submit(
    Submit(recipient="+491701234567", user_data=UserData(coding=Coding.GSM7, content=b"hi"))
)
SEND = f"AT+CMGS={len(PDU) - 1}"


class Network:
    """Takes everything, unless it has a verdict of its own."""

    def __init__(self) -> None:
        self.verdict = Verdict()
        self.taken: list[Submission] = []

    def submit(self, submission: Submission) -> Verdict:
        self.taken.append(submission)
        return self.verdict


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def modem(network: Network) -> VirtualModem:
    modem = VirtualModem(number="+99910001", submit=network.submit)
    modem.receive(b"ATE0\r")
    modem.take()
    return modem


def sent(modem: VirtualModem) -> list[str]:
    prompt = said(modem, SEND)
    modem.receive(PDU.hex().encode() + b"\x1a")
    return prompt + [line for line in modem.take().decode().split("\r\n") if line]


def a_delivery(*, message_class: int | None = None) -> Deliver:
    data = UserData(coding=Coding.GSM7, content=b"hello")
    scheme = Scheme.of(Coding.GSM7, message_class)
    return Deliver(sender="+491701", user_data=data, scheme=scheme, sent_at=NOON)


def a_report() -> StatusReport:
    return StatusReport(
        reference=1, recipient="+491701234567", status=0, sent_at=NOON, finished_at=NOON
    )


def test_it_hears_single_bytes_and_echoes_them_until_told_not_to(network: Network) -> None:
    modem = VirtualModem(number="+99910001", submit=network.submit)
    for octet in b"\x1b\rAT\rATE0\rAT\r":
        modem.receive(bytes([octet]))

    assert modem.take() == b"\x1b\rAT\r\r\nOK\r\nATE0\r\r\nOK\r\n\r\nOK\r\n"


def test_several_commands_on_one_line_get_one_result(modem: VirtualModem) -> None:
    assert said(modem, "ATE0V1Q0;+CMEE=1;+CREG=2;+CMEE?") == ["+CMEE: 1", "OK"]
    assert said(modem, "AT+CREG?") == ['+CREG: 2,1,"0001","00000001"', "OK"]


def test_a_chain_ends_at_the_first_refusal(modem: VirtualModem) -> None:
    assert said(modem, "AT+NONSENSE;+CMEE=1", "AT+CMEE?") == ["ERROR", "+CMEE: 0", "OK"]


@pytest.mark.parametrize(
    ("form", "answer"),
    [(0, "ERROR"), (1, "+CME ERROR: 4"), (2, "+CME ERROR: operation not supported")],
)
def test_what_is_unknown_gets_an_error_in_the_chosen_form(
    modem: VirtualModem, form: int, answer: str
) -> None:
    assert said(modem, f"AT+CMEE={form}", "AT+MODE=2") == ["OK", answer]


def test_a_message_gets_a_prompt_and_then_its_reference(
    modem: VirtualModem, network: Network
) -> None:
    modem.receive(SEND.encode() + b"\r")

    assert modem.take() == b"\r\n> "
    modem.receive(PDU.hex().encode() + b"\x1a")
    assert modem.take() == b"\r\n+CMGS: 1\r\n\r\nOK\r\n"
    assert network.taken[0].pdu == PDU


def test_the_modem_counts_references_itself_and_wraps_at_256(
    modem: VirtualModem, network: Network
) -> None:
    for _ in range(256):
        sent(modem)

    assert network.taken[-1].reference == 0
    assert sent(modem)[1] == "+CMGS: 1"


def test_a_power_cycle_begins_counting_anew(modem: VirtualModem) -> None:
    sent(modem)
    modem.power_cycle()
    said(modem, "ATE0")

    assert sent(modem)[1] == "+CMGS: 1"


def test_escape_leaves_the_prompt_and_sends_nothing(modem: VirtualModem, network: Network) -> None:
    said(modem, SEND)
    modem.receive(PDU.hex().encode() + b"\x1b")

    assert modem.take() == b"\r\nOK\r\n"
    assert network.taken == []


@pytest.mark.parametrize("payload", ["", "00", "zz", PDU.hex() + "00", "00" * 20])
def test_a_payload_of_another_length_or_kind_is_refused(
    modem: VirtualModem, network: Network, payload: str
) -> None:
    said(modem, SEND)
    modem.receive(payload.encode() + b"\x1a")

    assert modem.take() == b"\r\n+CMS ERROR: 304\r\n"
    assert network.taken == []


def test_a_refused_message_uses_no_reference(modem: VirtualModem, network: Network) -> None:
    network.verdict = Verdict(refusal=38)
    assert sent(modem)[1] == "+CMS ERROR: 38"

    network.verdict = Verdict()
    assert sent(modem)[1] == "+CMGS: 1"


def test_memories_are_apart_and_reported_as_used_and_total(modem: VirtualModem) -> None:
    assert said(modem, 'AT+CPMS="ME","ME","ME"') == ["+CPMS: 0,255,0,255,0,255", "OK"]
    modem.deliver(a_delivery())

    assert said(modem, 'AT+CPMS="SM"') == ["+CPMS: 0,30,1,255,1,255", "OK"]
    assert said(modem, "AT+CMGL=4") == ["OK"]
    assert said(modem, 'AT+CPMS="ME"', "AT+CMGL=4")[2].startswith("+CMGL: 1,0,,")


def test_reading_marks_as_read_and_deleting_empties_the_place(modem: VirtualModem) -> None:
    modem.deliver(a_delivery())

    assert said(modem, "AT+CMGR=1")[0].startswith("+CMGR: 0,,")
    assert said(modem, "AT+CMGR=1")[0].startswith("+CMGR: 1,,")
    assert said(modem, "AT+CMGD=1", "AT+CMGR=1") == ["OK", "+CMS ERROR: 321"]


def test_a_full_memory_takes_nothing_until_there_is_room(modem: VirtualModem) -> None:
    assert all(modem.deliver(a_delivery()) for _ in range(30))
    assert not modem.deliver(a_delivery())

    said(modem, "AT+CMGD=7")
    assert modem.deliver(a_delivery())


def test_what_arrives_is_announced_as_routing_says(modem: VirtualModem) -> None:
    said(modem, "AT+CNMI=2,1,0,1,0")
    modem.deliver(a_delivery())
    modem.report(a_report())
    announced, header, pdu = said(modem)

    assert announced == '+CMTI: "SM",1'
    assert header == f"+CDS: {len(pdu) // 2 - 1 - int(pdu[:2], 16)}"


@pytest.mark.parametrize(
    ("message_class", "announced"),
    [(0, "+CMT: ,"), (1, '+CMTI: "ME",1'), (2, '+CMTI: "SM",1'), (3, '+CMTI: "ME",1')],
)
def test_the_class_of_a_message_decides_where_it_goes(
    modem: VirtualModem, message_class: int, announced: str
) -> None:
    said(modem, 'AT+CPMS="ME","ME","ME"', "AT+CNMI=2,1,0,0,0")
    modem.deliver(a_delivery(message_class=message_class))

    assert said(modem)[0].startswith(announced)


def test_the_centre_is_an_address(modem: VirtualModem) -> None:
    answers = said(modem, 'AT+CSCA="+4917107600000",145', "AT+CSCA?", 'AT+CSCA="nowhere"')

    assert answers == ["OK", '+CSCA: "+4917107600000",145', "OK", "+CMS ERROR: 302"]


def test_routing_directly_stores_nothing(modem: VirtualModem) -> None:
    said(modem, "AT+CNMI=2,2,0,0,0")
    modem.deliver(a_delivery())

    assert said(modem)[0].startswith("+CMT: ,")
    assert said(modem, "AT+CMGL=4") == ["OK"]


def test_reports_may_be_stored_in_a_memory_of_their_own(modem: VirtualModem) -> None:
    said(modem, "AT+CNMI=2,1,0,2,0")
    modem.report(a_report())

    assert said(modem) == ['+CDSI: "SR",1']
    assert said(modem, 'AT+CPMS="SR"', "AT+CMGR=1")[2].startswith("+CMGR: 0,,")


def test_nothing_is_said_unasked_until_routing_allows_it(modem: VirtualModem) -> None:
    said(modem, "AT+CNMI=0,1,0,0,0")
    modem.deliver(a_delivery())
    assert said(modem) == []

    assert said(modem, "AT+CNMI=2,1,0,0,0") == ['+CMTI: "SM",1', "OK"]


def test_an_announcement_waits_for_the_prompt_to_end_but_not_for_the_reference(
    modem: VirtualModem,
) -> None:
    said(modem, "AT+CNMI=2,1,0,1,0")
    modem.receive(SEND.encode() + b"\r")
    modem.deliver(a_delivery())
    assert modem.take() == b"\r\n> "

    modem.receive(PDU.hex().encode() + b"\x1a")
    assert modem.take() == b'\r\n+CMTI: "SM",1\r\n\r\n+CMGS: 1\r\n\r\nOK\r\n'


def test_ranges_are_listed_for_what_clients_choose_from(modem: VirtualModem) -> None:
    for command in ("+CNMI", "+CPMS", "+CSCS", "+CFUN", "+CREG", "+CMGF", "+CSMS"):
        answer, result = said(modem, f"AT{command}=?")
        assert answer.startswith(f"{command}: (")
        assert result == "OK"


@pytest.mark.parametrize(
    "command", ["AT+CNMI=9", 'AT+CPMS="XX"', "AT+CMGS=x", "AT+CMGL=7", "AT+CFUN=9", "AT+CMEE=3"]
)
def test_values_out_of_range_are_refused(modem: VirtualModem, command: str) -> None:
    (answer,) = said(modem, command)

    assert "ERROR" in answer


def test_a_locked_sim_is_told_in_the_words_of_each_family(network: Network) -> None:
    modem = VirtualModem(number="+1", submit=network.submit, sim=Sim(pin="1234"))
    said(modem, "ATE0+CMEE=1")

    assert said(modem, "AT+CPIN?") == ["+CPIN: SIM PIN", "OK"]
    assert said(modem, "AT+CMGL=4") == ["+CMS ERROR: 311"]
    assert said(modem, "AT+CIMI") == ["+CME ERROR: 11"]
    assert said(modem, 'AT+CPIN="1234"', "AT+CPIN?") == ["OK", "+CPIN: READY", "OK"]


def test_three_wrong_pins_block_the_sim(network: Network) -> None:
    modem = VirtualModem(number="+1", submit=network.submit, sim=Sim(pin="1234"))
    said(modem, "ATE0+CMEE=1")

    answers = said(modem, *['AT+CPIN="0000"'] * 3)

    assert answers == ["+CME ERROR: 16", "+CME ERROR: 16", "+CME ERROR: 12"]
    assert said(modem, 'AT+CPIN="1234"', "AT+CPIN?") == ["+CME ERROR: 12", "+CPIN: SIM PUK", "OK"]
