"""
Text mode, and messages that are stored in a virtual modem before they are sent.
"""

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from smscore_modem._pdu import (
    Coding,
    Deliver,
    RelativeValidity,
    Scheme,
    StatusReport,
    Submit,
    UserData,
    encode_submit,
)
from smscore_modem.simulator import Submission, Verdict, VirtualModem

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBMIT = Submit(recipient="+491701234567", user_data=UserData(coding=Coding.GSM7, content=b"hi"))
PDU = encode_submit(SUBMIT)


class World:
    def __init__(self) -> None:
        self.taken: list[Submission] = []
        self.modem = VirtualModem(number="+99910001", submit=self._take)
        self.say("ATE0")

    def _take(self, submission: Submission) -> Verdict:
        self.taken.append(submission)
        return Verdict()

    def say(self, *typed: str) -> list[str]:
        """What the modem says to some command lines, without empty lines."""
        said = self.modem.take().decode("latin-1")
        for text in typed:
            self.modem.receive(text.encode("latin-1") + (b"\x1a" if said.endswith("> ") else b"\r"))
            said += self.modem.take().decode("latin-1")
        return [line for line in said.split("\r\n") if line]

    @property
    def sent(self) -> Submit:
        return self.taken[-1].submit


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def text(world: World) -> World:
    world.say("AT+CMGF=1")
    return world


def a_delivery(content: bytes = b"hello", coding: Coding = Coding.GSM7) -> Deliver:
    return Deliver(
        sender="+491701", user_data=UserData(coding=coding, content=content), sent_at=NOON
    )


def a_report() -> StatusReport:
    return StatusReport(
        reference=7,
        recipient="+491701",
        status=0,
        sent_at=NOON,
        finished_at=NOON.astimezone(timezone(timedelta(hours=-2))),
    )


def test_a_text_is_sent(text: World) -> None:
    assert text.say('AT+CMGS="+491701234567"', "hi") == ["> ", "+CMGS: 1", "OK"]

    assert text.sent == attrs.evolve(SUBMIT, validity=RelativeValidity(octet=167))


def test_line_ends_and_corrections_are_heard(text: World) -> None:
    text.modem.receive(b'AT+CMGS="+491701234567"\r\none\rtwx\x08o\x1a')

    assert text.sent.user_data.content == b"one\rtwo"


def test_a_text_is_sent_as_the_parameters_say(text: World) -> None:
    text.say("AT+CSMP=49,170,0,240", 'AT+CMGS="0170",129', "hi")

    assert text.sent.wants_report
    assert text.sent.validity == RelativeValidity(octet=170)
    assert text.sent.scheme.message_class == 0
    assert str(text.sent.recipient) == "0170"


def test_a_type_of_number_may_stand_for_the_plus(text: World) -> None:
    text.say('AT+CMGS="491701",145', "hi")

    assert str(text.sent.recipient) == "+491701"


@pytest.mark.parametrize(
    ("charset", "scheme", "number", "typed", "content"),
    [
        ("GSM", 0, "+491701", "\x00", b"\x00"),
        ("IRA", 0, "+491701", "@", b"\x00"),
        ("HEX", 0, b"+491701".hex(), "00", b"\x00"),
        ("UCS2", 0, "+491701".encode("utf-16-be").hex(), "0040", b"\x00"),
        ("UCS2", 8, "+491701".encode("utf-16-be").hex(), "0436", b"\x04\x36"),
        ("GSM", 8, "+491701", "0436", b"\x04\x36"),
        ("GSM", 4, "+491701", "00FF", b"\x00\xff"),
    ],
)
def test_a_text_is_read_in_the_character_set_in_force(
    text: World, charset: str, scheme: int, number: str, typed: str, content: bytes
) -> None:
    text.say(f"AT+CSMP=17,167,0,{scheme}", f'AT+CSCS="{charset}"')

    assert text.say(f'AT+CMGS="{number}"', typed)[-1] == "OK"
    assert str(text.sent.recipient) == "+491701"
    assert text.sent.user_data.content == content


@pytest.mark.parametrize("typed", ["x" * 161, "\xff"])
def test_a_text_that_cannot_be_sent_is_refused(text: World, typed: str) -> None:
    assert text.say('AT+CMGS="+491701"', typed)[-1] == "+CMS ERROR: 305"
    assert text.taken == []


@pytest.mark.parametrize("command", ['AT+CMGS="nobody"', "AT+CMGS=", 'AT+CMGL="SOME"'])
def test_what_names_nobody_is_refused(text: World, command: str) -> None:
    assert text.say(command) == ["+CMS ERROR: 302"]


def test_messages_are_listed_and_read_as_text(text: World) -> None:
    text.modem.deliver(a_delivery())
    head = '"+491701",,"26/03/01,12:00:00+00"'

    assert text.say('AT+CMGL="ALL"') == [f'+CMGL: 1,"REC UNREAD",{head}', "hello", "OK"]
    assert text.say('AT+CMGL="REC UNREAD"') == ["OK"]
    assert text.say("AT+CMGR=1") == [f'+CMGR: "REC READ",{head}', "hello", "OK"]
    assert text.say("AT+CMGL=?") == [
        '+CMGL: ("REC UNREAD","REC READ","STO UNSENT","STO SENT","ALL")',
        "OK",
    ]


def test_details_are_shown_on_request(text: World) -> None:
    text.modem.deliver(a_delivery())
    text.say("AT+CSDH=1")
    head = '"+491701",,"26/03/01,12:00:00+00"'

    assert text.say('AT+CMGL="ALL"')[0] == f'+CMGL: 1,"REC UNREAD",{head},145,5'
    assert text.say("AT+CMGR=1")[0] == (f'+CMGR: "REC READ",{head},145,4,0,0,"+99910000",145,5')


def test_what_is_no_text_is_shown_as_octets(text: World) -> None:
    text.modem.deliver(a_delivery("ж".encode("utf-16-be"), Coding.UCS2))

    assert text.say("AT+CMGR=1")[1] == "0436"


def test_texts_are_shown_in_the_character_set_in_force(text: World) -> None:
    text.modem.deliver(a_delivery(b"\x00hi"))
    text.say('AT+CSCS="UCS2"')

    header, content, _ = text.say("AT+CMGR=1")
    assert "+491701".encode("utf-16-be").hex().upper() in header
    assert content == "@hi".encode("utf-16-be").hex().upper()


def test_what_arrives_is_announced_as_text(text: World) -> None:
    text.say("AT+CNMI=2,2,0,1,0")
    text.modem.deliver(a_delivery())
    text.modem.report(a_report())

    assert text.say() == [
        '+CMT: "+491701",,"26/03/01,12:00:00+00"',
        "hello",
        '+CDS: 6,7,"+491701",145,"26/03/01,12:00:00+00","26/03/01,10:00:00-08",0',
    ]


def test_stored_reports_are_shown_as_text(text: World) -> None:
    text.say("AT+CNMI=2,1,0,2,0", 'AT+CPMS="SR"')
    text.modem.report(a_report())

    shown = '6,7,"+491701",145,"26/03/01,12:00:00+00","26/03/01,10:00:00-08",0'
    assert text.say('AT+CMGL="ALL"')[-2:] == [f'+CMGL: 1,"REC UNREAD",{shown}', "OK"]
    assert text.say("AT+CMGR=1") == [f'+CMGR: "REC READ",{shown}', "OK"]


def test_an_acknowledgement_may_be_a_pdu(world: World) -> None:
    world.say("AT+CSMS=1", "AT+CNMI=2,2,0,0,0")
    world.modem.deliver(a_delivery())
    assert world.say()[0].startswith("+CMT: ,")

    assert world.say("AT+CNMA=1,3", "00") == ["> ", "+CMS ERROR: 304"]
    assert world.say("AT+CNMA=1,3", "000000") == ["> ", "OK"]
    assert world.say("AT+CNMA") == ["+CMS ERROR: 340"]


def test_a_stored_message_is_sent_later(world: World) -> None:
    assert world.say(f"AT+CMGW={len(PDU) - 1}", PDU.hex()) == ["> ", "+CMGW: 1", "OK"]
    assert world.say("AT+CMGL=2") == [f"+CMGL: 1,2,,{len(PDU) - 1}", PDU.hex().upper(), "OK"]

    assert world.say("AT+CMSS=1") == ["+CMSS: 1", "OK"]
    assert world.taken[0].pdu == PDU
    assert world.say("AT+CMGR=1")[0] == f"+CMGR: 3,,{len(PDU) - 1}"


def test_a_stored_message_may_be_sent_to_somebody_else(world: World) -> None:
    world.say(f"AT+CMGW={len(PDU) - 1}", PDU.hex())

    assert world.say('AT+CMSS=1,"491702",145') == ["+CMSS: 1", "OK"]
    assert world.sent == attrs.evolve(SUBMIT, recipient="+491702")


def test_a_received_message_is_none_to_send(world: World) -> None:
    world.modem.deliver(a_delivery())

    assert world.say("AT+CMSS=1") == ["+CMS ERROR: 302"]
    assert world.say("AT+CMSS=2") == ["+CMS ERROR: 321"]


def test_a_text_is_stored_in_the_state_that_is_named(text: World) -> None:
    assert text.say('AT+CMGW="+491701",145,"STO SENT"', "one")[-1] == "OK"
    assert text.say("AT+CMGW", "two")[-1] == "OK"

    assert text.say('AT+CMGL="STO SENT"') == ['+CMGL: 1,"STO SENT","+491701",,', "one", "OK"]
    assert text.say('AT+CMGL="STO UNSENT"') == ['+CMGL: 2,"STO UNSENT","",,', "two", "OK"]


@pytest.mark.parametrize(
    ("flag", "left"), [(0, [2, 3, 4]), (1, [1, 3, 4]), (2, [1, 3]), (3, [1]), (4, [])]
)
def test_messages_are_deleted_by_their_states(world: World, flag: int, left: list[int]) -> None:
    world.modem.deliver(a_delivery())
    world.modem.deliver(a_delivery())
    world.say("AT+CMGR=2")
    for status in (2, 3):
        world.say(f"AT+CMGW={len(PDU) - 1},{status}", PDU.hex())

    assert world.say(f"AT+CMGD=1,{flag}") == ["OK"]
    places = ",".join(map(str, left))
    assert world.say("AT+CMGD=?") == [f"+CMGD: ({places}),(0-4)", "OK"]


def test_the_class_of_a_stored_text_is_kept(text: World) -> None:
    text.say("AT+CSMP=17,167,0,16", 'AT+CMGW="+491701"', "now", "AT+CMSS=1")

    assert text.sent.scheme == Scheme.of(Coding.GSM7, 0)
